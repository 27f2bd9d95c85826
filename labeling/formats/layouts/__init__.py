"""How files of other tools are written, one module a tool. Pure.

A module's `recognise` looks at the first records and says which column is what, and how a record tells who said
what. Whatever it does not claim is guessed as in any other table. `tools/__init__.py` describes them and asks them in order.
"""
