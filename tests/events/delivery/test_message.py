"""What comes from the broker: verified in every part, bound to its handler and its time."""

import base64
import json
import time
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.delivery import message, processing, publisher, tasks
from events.delivery.message import Stale, WakeUp, compose, open_message
from events.delivery.tasks import process_queue
from events.log.envelope import BadEnvelope
from events.models import Delivery
from tests.events.log.test_envelope import BODY, HEADER

from events.log.envelope import seal  # isort: skip

HINT = WakeUp("mail", HEADER, seal(HEADER, BODY), 1)


def test_a_message_opens_to_what_was_composed():
    assert open_message(json.loads(json.dumps(compose(HINT)))) == HINT


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("handler", "payments.refund"),
        ("stream", "order:ANOTHER"),
        ("seq", 4),
        ("type", "order.refunded"),
        ("version", 2),
        ("kid", "unknown"),
        ("notifications", 7),
        ("mac_kid", "unknown"),
        ("mac", ""),
        ("id", "no uuid"),
        ("id", None),
        ("issued", "yesterday"),
        ("issued", float("nan")),
        ("body", "!!"),
        ("handler", None),
        ("seq", 10**400),
    ],
)
def test_a_message_with_any_part_changed_is_refused(part, value):
    with pytest.raises(BadEnvelope):
        open_message({**compose(HINT), part: value})


@given(st.data())
def test_a_bit_flipped_anywhere_in_a_signed_part_is_refused(data):
    made = compose(HINT)
    part = data.draw(st.sampled_from(["body", "signature", "mac"]))
    raw = bytearray(base64.b64decode(made[part]))
    bit = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[bit // 8] ^= 1 << (bit % 8)
    with pytest.raises(BadEnvelope):
        open_message({**made, part: base64.b64encode(bytes(raw)).decode()})


def test_a_message_without_its_parts_is_refused():
    for part in compose(HINT).keys() - {"traceparent"}:
        with pytest.raises(BadEnvelope):
            open_message({k: v for k, v in compose(HINT).items() if k != part})


def test_an_old_message_sent_again_is_refused(settings):
    with pytest.raises(Stale):
        open_message(compose(HINT, issued=time.time() - settings.EVENT_MESSAGE_MAX_AGE - 1))


def test_a_message_from_the_future_is_refused():
    with pytest.raises(Stale):
        open_message(compose(HINT, issued=time.time() + 2 * message.CLOCKS))


@pytest.mark.django_db
def test_a_message_that_is_replayed_handles_nothing_twice(line):
    seen = []
    line.handle(lambda event: seen.append(event.sequence))
    line.emit(1)
    event = line.events()[0]
    kept = compose(WakeUp("probe", event.header, event.sealed))
    for _ in range(3):
        process_queue(**kept)
    assert seen == [1]


@pytest.mark.django_db
def test_a_forged_message_runs_nothing_and_is_counted(line):
    from events.lib import metrics

    seen = []
    line.handle(seen.append)
    line.emit(1)
    event = line.events()[0]
    before = metrics.refused.labels("message")._value.get()
    forged = {**compose(WakeUp("probe", event.header, event.sealed)), "mac": base64.b64encode(b"x" * 32).decode()}
    process_queue(**forged)
    assert seen == []
    assert metrics.refused.labels("message")._value.get() == before + 1
    assert Delivery.objects.open().filter(handler="probe").count() == 1


def test_a_message_names_the_handler_it_was_made_for():
    assert open_message(compose(replace(HINT, handler="live"))).handler == "live"


def test_after_its_bound_a_message_sends_another_and_the_last_one_sends_none(line, monkeypatch):
    """A long queue gives the others their turn, and does not wait for the relay to go on."""
    sent, seen = [], []
    monkeypatch.setattr(publisher, "send", sent.append)
    monkeypatch.setattr(tasks, "process", partial(processing.process, bound=2))
    line.handle(lambda event: seen.append(event.sequence))
    line.emit(3)
    event = line.events()[0]
    wake_up = WakeUp("probe", event.header, event.sealed)
    process_queue(**compose(wake_up))
    assert seen == [1, 2]
    assert [(again.handler, again.header) for again in sent] == [("probe", event.header)]
    process_queue(**compose(sent.pop()))
    assert (seen, sent) == ([1, 2, 3], [])
