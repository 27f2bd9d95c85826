"""The web server's front: takes requests in without holding a thread, and gives answers out the same way.

    sockets ── granian, Rust ── front, one event loop ── threads, each with a database connection ── Django
                                   │ bodies in full, before a thread is taken (bodies.py)
                                   │ long answers chunk by chunk, after the thread is free (app.py)

So whoever sends or reads slowly costs a socket and some memory, and nobody else waits (docs/decisions/0021).
"""
