"""A server that begins an answer and then goes on for ever, a few bytes at a time."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Self


class Trickle:
    """On loopback.

    Answers every connection with `first`, then with `again` after each `pause` (seconds) until it is closed, for `MOST`
    seconds.
    """

    MOST = 8.0

    def __init__(self, first: bytes, again: bytes, pause: float) -> None:
        self.first, self.again, self.pause = first, again, pause
        self.closed = threading.Event()

    def __enter__(self) -> Self:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.threads = [threading.Thread(target=self._accept)]
        self.threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closed.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join()
        self.listener.close()

    def _accept(self) -> None:
        while not self.closed.is_set():
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.threads.append(threading.Thread(target=self._answer, args=(connection,)))
            self.threads[-1].start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(5)
            connection.recv(65536)
            for piece in self._pieces():
                connection.sendall(piece)

    def _pieces(self) -> Iterator[bytes]:
        yield self.first
        ends = time.monotonic() + self.MOST
        while not self.closed.wait(self.pause) and time.monotonic() < ends:
            yield self.again
