"""How much and how long: the bounds that a session keeps."""

from dataclasses import dataclass

HELLO_SECONDS = 5.0
FRAME_BYTES = 16_384
FRAMES_PER_WINDOW = 60
WINDOW_SECONDS = 10.0
SUBSCRIPTIONS = 120
UNACKED_BEATS = 3
HELD_EVENTS = 200
REPLAY_LIMIT = 100
"""A client that is more events behind gets a snapshot, which is cheaper for both."""
REPLAY_BYTES = 32_768
"""The same in bytes. What is read for a client is sent at once, even if the window is full; `LOADS` streams are read at
a time."""
LOADS = 4
"""Streams that are read at the same time for one session."""
WINDOW_BYTES = 131_072
"""Bytes that may be on their way without an ack. A client with more gets nothing new; its streams are read again when
it acknowledges."""


@dataclass(frozen=True)
class Timing:
    """Seconds."""

    beat: float = 20.0
    stall: float = 20.0
    """Seconds that the window may stay full."""
    renew: float = 3600.0


USUAL = Timing()
