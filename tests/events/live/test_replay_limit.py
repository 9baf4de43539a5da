"""A browser that is behind gets events up to the limit, and a snapshot when it is one further behind."""

import pytest

from events.live import reading
from events.live.protocol import REPLAY_LIMIT
from events.live.streams import Viewer
from events.models import Log

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.mark.parametrize(("behind", "kind"), [(REPLAY_LIMIT, "ev"), (REPLAY_LIMIT + 1, "snap")])
def test_the_limit_is_the_limit(line, monkeypatch, behind, kind):
    monkeypatch.setattr(reading, "REPLAY_BYTES", 10_000_000)
    line.emit(REPLAY_LIMIT + 2)
    stream, topic = reading.topic_of(line.stream, Viewer())
    newest = stream.heads([topic])[topic]
    # Streams of stock are snapshots for browsers; the reading of a sequential one is asked for here.
    sequential = type("Sequential", (type(stream),), {"sequential": True, "present": lambda *_: {}})
    found = reading.read(line.stream, sequential(), topic, "en", Log.current_epoch(), newest - behind)
    assert {frame["t"] for frame in found.frames} == {kind}
    assert len(found.frames) == (behind if kind == "ev" else 1)
    assert found.n == newest
