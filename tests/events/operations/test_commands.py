"""`manage.py events …`: what an operator sees and does."""

import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from events.models import Delivery, Event
from orders.lifecycle import Actor, Status
from orders.transitions import transition
from tests.support.factories import make_order

pytestmark = pytest.mark.django_db


def events(*arguments):
    out, err = io.StringIO(), io.StringIO()
    call_command("events", *arguments, stdout=out, stderr=err)
    return out.getvalue()


def test_stats_count_by_handler():
    make_order()
    shown = events("stats")
    assert "mail" in shown
    assert "1 events" in shown


def test_tail_prints_cloud_events_one_a_line():
    order = make_order()
    transition(order.ref, Status.PAID, by=Actor.STAFF, actor="staff:1")
    lines = [json.loads(line) for line in events("tail", "-n", "2").splitlines()]
    assert [(line["type"], line["sequence"], line["subject"]) for line in lines] == [
        ("order.placed", 1, order.ref),
        ("order.paid", 2, order.ref),
    ]
    assert lines[0]["specversion"] == "1.0"


def test_show_tells_an_orders_story_however_the_ref_is_typed():
    order = make_order(ref="K7QF3-M2XD9")
    Delivery.objects.filter(stream=order.stream, handler="mail").update(
        dead_lettered_at=timezone.now(), last_error="boom"
    )
    for typed in ("K7QF3-M2XD9", "k7qf3-m2xd9", "order:K7QF3-M2XD9"):
        shown = events("show", typed)
        assert "#1 order.placed" in shown
        assert "mail: dead-lettered – boom" in shown.replace("\n", " ").replace("  ", " ")


def test_show_of_nothing_says_so():
    with pytest.raises(CommandError, match="no events of order:N0B0DY"):
        events("show", "nobody")


def test_verify_passes_a_sound_log_and_names_what_is_wrong():
    order = make_order()
    transition(order.ref, Status.PAID, by=Actor.STAFF, actor="staff:1")
    assert "2 events verified" in events("verify")
    Event.objects.filter(stream=order.stream, seq=2).update(body=b"{}")
    with pytest.raises(CommandError, match="1 of 2 events are wrong"):
        events("verify")


def test_verify_finds_a_gap():
    order = make_order()
    for target in (Status.PAID, Status.PREPARING):
        transition(order.ref, target, by=Actor.STAFF, actor="staff:1")
    Event.objects.filter(stream=order.stream, seq=2).delete()
    with pytest.raises(CommandError, match="1 of 2"):
        events("verify")


def test_dead_letters_are_listed_and_retried():
    order = make_order()
    assert "There are no dead letters" in events("dead-letters")
    Delivery.objects.filter(stream=order.stream, handler="mail").update(
        dead_lettered_at=timezone.now(), last_error="boom"
    )
    assert "boom" in events("dead-letters")
    assert "1 ordered queues are processed again" in events("retry", "--handler", "mail")
    assert "There are no dead letters" in events("dead-letters")


def test_replay_of_an_unknown_handler_is_refused_in_words():
    with pytest.raises(CommandError, match="no handler named nobody"):
        events("replay", make_order().stream, "--handler", "nobody")
