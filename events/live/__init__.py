"""Streams to browsers: what they show equals what the database holds.

`protocol` is the rules with no I/O, `consumer` and `hub` the shell around it, `reading` the truth, `push` the hint.
"""
