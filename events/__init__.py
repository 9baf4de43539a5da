"""The backbone: events are written with the change that causes them, and reach every handler in order.

It knows nothing of shops or orders. Read in this order: `types`, `emission`, `outbox`, `publisher`, `relay`, `drain`.
"""
