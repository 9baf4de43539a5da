"""Live streams to browsers: what a browser shows equals what the database holds.

`protocol` has the rules, without I/O. `consumer` and `hub` carry them out, `reading` reads the database, and `push`
tells web processes of changes.
"""
