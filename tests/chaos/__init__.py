"""Faults of every kind over a whole loop with people answering: `make chaos`. docs/attacks.md describes it."""
