"""Effects: what the connection must do."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Send:
    """Send this frame."""

    frame: dict[str, Any]


@dataclass(frozen=True)
class Close:
    """Close the socket with this code; nothing follows."""

    code: int
    reason: str


@dataclass(frozen=True)
class Authenticate:
    """Redeem the ticket, then call `welcome`."""

    ticket: str


@dataclass(frozen=True)
class Load:
    """Authorise, join the stream's group, then read it from where the client stands, then call `loaded`."""

    stream: str
    epoch: str | None
    n: int | None


@dataclass(frozen=True)
class Leave:
    """Leave the stream's group."""

    stream: str


Effect = Send | Close | Authenticate | Load | Leave
