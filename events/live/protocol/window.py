"""How many bytes are on their way to a client. Beats measure it: the client acknowledges each."""

from collections import deque

from events.live.protocol.limits import WINDOW_BYTES


class Window:
    """The bytes and beats of one session that the client has not acknowledged.

    `now` is any monotonic clock, in seconds.
    """

    def __init__(self) -> None:
        self.beat_number = 0
        self._acked = 0
        # Bytes sent in all, and up to the newest beat that was acknowledged. Beats without an ack: number, time,
        # bytes sent before it.
        self._sent = 0
        self._arrived = 0
        self._beats: deque[tuple[int, float, int]] = deque()
        self._full_since: float | None = None

    @property
    def full(self) -> bool:
        """Whether more than `WINDOW_BYTES` are on their way."""
        return self._sent - self._arrived > WINDOW_BYTES

    @property
    def wants_ack(self) -> bool:
        """Whether more than half a window was sent after the last beat."""
        asked_for = self._beats[-1][2] if self._beats else self._arrived
        return self._sent - asked_for > WINDOW_BYTES // 2

    def add(self, size: int, now: float) -> None:
        """Count `size` bytes that were passed to the transport."""
        self._sent += size
        if self.full and self._full_since is None:
            self._full_since = now

    def beat(self, now: float) -> int:
        """Count a beat that is sent now. Returns its number."""
        self.beat_number += 1
        # The bytes of a beat itself are counted with the next one.
        self._beats.append((self.beat_number, now, self._sent))
        return self.beat_number

    def acknowledge(self, b: int) -> bool:
        """The client has received beat `b`. Returns False for one that it acknowledged before."""
        if b <= self._acked:
            return False
        self._acked = b
        while self._beats and self._beats[0][0] <= b:
            self._arrived = self._beats.popleft()[2]
        if not self.full:
            self._full_since = None
        return True

    def unacked(self, now: float, seconds: float) -> bool:
        """Whether a beat has had no ack for that many seconds."""
        return bool(self._beats) and now - self._beats[0][1] >= seconds

    def stalled(self, now: float, seconds: float) -> bool:
        """Whether the window has been full for longer than that many seconds."""
        return self._full_since is not None and now - self._full_since > seconds
