"""One stream of one session."""

from dataclasses import dataclass, field
from typing import Any

from events.live.protocol.effects import Load


@dataclass
class Watched:
    """One stream of one session.

    Events that arrive while it is read are held, and sent afterwards if they are newer.
    """

    n: int = 0
    epoch: str | None = None
    loading: bool = True
    """It is being read, or waits to be read."""
    again: bool = False
    asked: Load | None = None
    """A `sync` that came during a reading from another version: of a tab that is behind the tab with the socket."""
    held: dict[int, dict[str, Any]] = field(default_factory=dict)
