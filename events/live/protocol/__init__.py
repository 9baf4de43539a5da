"""The live protocol, version 1, server side: only its rules. No sockets, no clocks, no database.

A `Session` is called with what happened (a frame came, a stream was read, an event arrived) and returns effects that
the connection carries out. `docs/live.md` describes the protocol for somebody who writes a client.
"""

from events.live.protocol.effects import Authenticate, Close, Effect, Leave, Load, Send
from events.live.protocol.frames import LATER, NOT_SIGNED_IN, NOT_YOURS, RESTART, TOO_MANY, TOO_SLOW, bye, not_yours
from events.live.protocol.limits import LOADS, REPLAY_BYTES, REPLAY_LIMIT, SUBSCRIPTIONS, WINDOW_BYTES, Timing
from events.live.protocol.session import Session

__all__ = [
    "LATER",
    "LOADS",
    "NOT_SIGNED_IN",
    "NOT_YOURS",
    "REPLAY_BYTES",
    "REPLAY_LIMIT",
    "RESTART",
    "SUBSCRIPTIONS",
    "TOO_MANY",
    "TOO_SLOW",
    "WINDOW_BYTES",
    "Authenticate",
    "Close",
    "Effect",
    "Leave",
    "Load",
    "Send",
    "Session",
    "Timing",
    "bye",
    "not_yours",
]
