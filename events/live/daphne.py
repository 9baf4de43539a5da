"""Two things that daphne does not do by itself, and has no setting for. Under any other server this does nothing."""

import sys
from typing import Any

MESSAGE_BYTES = 2 * 1024 * 1024
"""Autobahn would collect a message of any size before anybody sees it; over this it closes with 1009."""


def prepare() -> None:
    """Bound the messages; and let 1012 (restart) and 1013 (try again later) out.

    Autobahn's `sendClose` knows only 1000 and 3000–4999, and raises for the others, so that a browser would see 1006. Both
    codes are registered for servers: https://www.iana.org/assignments/websocket/websocket.xml#close-code-number
    """
    found = sys.modules.get("daphne.ws_protocol")
    if found is not None:
        found.WebSocketProtocol.serverClose = _server_close
        found.WebSocketProtocol.maxMessagePayloadSize = MESSAGE_BYTES


def _server_close(self: Any, code: int | None = None) -> None:
    self.sendCloseFrame(code=code or 1000)
