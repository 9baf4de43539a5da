"""Which connections are looked at when somebody loses a right."""

from types import SimpleNamespace

import pytest

from events.live.rechecks import suspects
from events.live.streams import Viewer

pytestmark = pytest.mark.once


def connection(user=None, session="", *topics):
    names = {topic: topic for topic in topics}
    return SimpleNamespace(viewer=Viewer(user_id=user, session=session), names=names)


def test_those_of_the_person_of_the_session_and_of_the_topic_are_looked_at_and_no_other():
    anns, guests, others = (
        connection(1, "a"),
        connection(None, "g", "order:A"),
        connection(2, "b", "order:B", "orders:2"),
    )
    every = [anns, guests, others, connection(None, "")]
    assert suspects(every, {"users": [1], "session": ""}) == [anns]
    assert suspects(every, {"users": [], "session": "g"}) == [guests]
    assert suspects(every, {"users": [2], "session": "g"}) == [guests, others]
    assert suspects(every, {"users": [], "session": "", "topic": "order:A"}) == [guests]
    assert suspects(every, {"users": [1], "session": "", "topic": "orders:2"}) == [anns, others]
    assert suspects(every, {"users": [], "session": ""}) == []
    assert suspects(every, {"users": [], "session": "", "topic": ""}) == []
