"""Every second a hub sends the beats that are due, with the newest version of what each connection watches."""

import pytest

from events.live import hub as hubs
from events.live import protocol
from events.live.streams import Viewer
from tests.support.live import in_loop


class Watcher:
    def __init__(self, now, welcomed=True):
        self.session = protocol.Session(now, protocol.Timing(beat=0.0))
        self.session.welcomed = welcomed
        self.session_key, self.viewer = None, Viewer()
        self.beats, self.done = [], []

    def topics(self):
        return ["order:A"]

    def beat(self, heads, epoch, now):
        self.beats.append((heads, epoch))

    def do(self, effects):
        self.done += effects


@pytest.fixture
def ticked(monkeypatch):
    """What the watchers of a hub got in one tick."""
    monkeypatch.setattr(hubs, "read_heads", lambda topics: ("epoch", dict.fromkeys(topics, 7)))

    def run(make, silent=False):
        async def one():
            hub = hubs.Hub()
            now = hubs.time.monotonic()
            hub._recheck_at = now + 60
            hub._last_heartbeat = now - 1000 if silent else now
            watcher = make(now)
            hub.connections.add(watcher)
            await hub._tick(now)
            return watcher

        return in_loop(one())

    return run


def test_a_beat_that_is_due_is_sent_with_the_newest_versions(ticked):
    assert ticked(Watcher).beats == [({"order:A": 7}, "epoch")]


def test_who_was_not_welcomed_yet_gets_none(ticked):
    assert ticked(lambda now: Watcher(now, welcomed=False)).beats == []


def test_a_process_that_hears_nothing_says_so_and_goes_on_with_beats(ticked):
    watcher = ticked(Watcher, silent=True)
    assert len(watcher.beats) == 1
    assert [effect.frame for effect in watcher.done if isinstance(effect, protocol.Send)] == [{"t": "stale"}]
