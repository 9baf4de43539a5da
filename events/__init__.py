"""The backbone: events are written with the change that causes them, and reach every handler in order.

It knows nothing of shops or orders. Read in this order: `log/types.py`, `emission.py`, then in `delivery/` `outbox.py`,
`publisher.py`, `relay.py`, `processing.py`.
"""
