"""Replay: in order, within a range, at a rate, and without a second mail."""

import io
import threading
import time
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.utils import timezone

from events.delivery.processing import process
from events.models import Delivery, Event
from events.operations import replay as replaying
from events.operations.replay import Range, replay
from tests.events.conftest import Line

pytestmark = pytest.mark.django_db


def test_a_replay_shows_a_stream_to_a_handler_again_in_order(line):
    seen = []
    handler = line.handle(lambda event: seen.append(event.sequence))
    line.emit(3)
    process(handler, line.stream)
    count = replay("probe", Range(line.stream))
    assert (count.repeated, count.fresh, count.streams) == (3, 0, 1)
    process(handler, line.stream)
    assert seen == [1, 2, 3, 1, 2, 3]


def test_a_replay_into_a_new_handler_starts_at_the_beginning_of_every_stream(line):
    other = Line()
    line.emit(2)
    other.emit(3)
    seen = []
    handler = line.handle(lambda event: seen.append((event.stream, event.sequence)), name="newcomer")
    assert replay("newcomer", Range()).fresh >= 5
    process(handler, line.stream)
    process(handler, other.stream)
    assert seen == [(line.stream, 1), (line.stream, 2), *((other.stream, n) for n in (1, 2, 3))]


def test_a_replay_for_a_handler_that_does_not_exist_says_so(line):
    with pytest.raises(LookupError, match="nobody"):
        replay("nobody", Range(line.stream))


def test_a_time_range_opens_what_was_recorded_within_it(line):
    handler = line.handle(lambda event: None)
    line.emit(3)
    process(handler, line.stream)
    now = timezone.now()
    for seq, hours in ((1, 3), (2, 2), (3, 1)):
        Event.objects.filter(stream=line.stream, seq=seq).update(recorded_at=now - timedelta(hours=hours))
    replay("probe", Range(line.stream, now - timedelta(hours=2.5), now - timedelta(hours=1.5)))
    assert [d.state for d in line.deliveries()] == ["done", "pending", "done"]


def test_a_dry_run_opens_nothing_and_tells_the_same(line):
    handler = line.handle(lambda event: None)
    line.emit(3)
    process(handler, line.stream)
    update = replay("probe", Range(line.stream), dry_run=True)
    assert not Delivery.objects.open().filter(handler="probe").exists()
    assert replay("probe", Range(line.stream)) == update


def test_what_an_external_handler_has_done_is_not_done_again_unless_asked_for(line):
    seen = []
    handler = line.handle(lambda event: seen.append(event.idempotency_key), external=True)
    line.emit(2)
    process(handler, line.stream)
    count = replay("probe", Range(line.stream))
    assert (count.kept, count.opened) == (2, 0)
    process(handler, line.stream)
    assert len(seen) == 2
    assert replay("probe", Range(line.stream), again=True).repeated == 2
    process(handler, line.stream)
    assert seen[:2] == seen[2:]


@pytest.mark.slow
def test_a_replay_keeps_to_its_rate(line):
    line.handle(lambda event: None)
    others = [line, *(Line() for _ in range(3))]
    for each in others:
        each.emit(2)
    started = time.monotonic()
    for each in others:
        replay("probe", Range(each.stream), rate=20)
    assert time.monotonic() - started >= 8 / 20 - 0.05


def command(*arguments):
    out = io.StringIO()
    call_command("events", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_tells_what_it_would_do_and_then_does_it(line):
    handler = line.handle(lambda event: None)
    line.emit(2)
    process(handler, line.stream)
    assert "would see 2 events of 1 streams" in command("replay", line.stream, "--handler", "probe", "--dry-run")
    assert "will see 2 events" in command("replay", line.stream, "--handler", "probe", "--since", "2020-01-01")
    assert "will see 0 events" in command("replay", line.stream, "--handler", "probe", "--until", "2020-01-01")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--since", "yesterday"], "not a time"),
        (["--rate", "-1"], "number of deliveries"),
        (["--handler", "nobody"], "no handler named nobody"),
    ],
)
def test_wrong_arguments_are_refused_in_words(line, arguments, said):
    with pytest.raises(CommandError, match=said):
        command("replay", line.stream, "--handler", "live", *arguments)


def test_mail_that_is_on_its_way_is_not_sent_by_a_replay(line):
    line.handle(lambda event: None, external=True)
    line.emit(1)
    Delivery.objects.filter(handler="probe").update(claimed_until=timezone.now() + timedelta(minutes=1))
    assert replay("probe", Range(line.stream)).kept == 1


def test_mail_of_events_that_were_archived_and_restored_is_not_sent_again(line):
    from events.models import Log

    line.emit(2)
    line.handle(lambda event: None, external=True)
    Log.current_epoch()
    Log.objects.update(pruned_before=timezone.now() + timedelta(seconds=1))
    count = replay("probe", Range(line.stream))
    assert (count.kept, count.opened) == (2, 0)


@pytest.mark.slow
@pytest.mark.parametrize("guarded", [True, False])
def test_what_happens_while_a_replay_opens_a_stream_comes_after_it(transactional_db, line, monkeypatch, guarded):
    """A worker at work beside it: the new event waits for the old ones, which are open from before its commit.

    Without that first opening it comes before them – where there is more than one writer."""
    seen = []
    handler = line.handle(lambda e: seen.append(e.sequence))
    line.emit(3)
    Delivery.objects.exclude(handler="probe").delete()
    process(handler, line.stream)
    seen.clear()
    plan, calls, others = replaying._plan, [], []

    def beside(*arguments):
        found = plan(*arguments)
        calls.append(1)
        if len(calls) == 1 + guarded:  # what it is about to open is read, and not committed

            def emit_and_handle():
                line.emit(1)
                process(handler, line.stream)
                connections.close_all()

            others.append(threading.Thread(target=emit_and_handle))
            others[0].start()
            others[0].join(1)  # on SQLite it has to wait for us
        return found

    monkeypatch.setattr(replaying, "_plan", beside)
    if not guarded:
        monkeypatch.setattr(replaying, "_hold", lambda *_: False)
    replay("probe", Range(line.stream))
    others[0].join(20)
    process(handler, line.stream)
    raced = not guarded and connection.vendor == "postgresql"
    assert seen == ([4, 1, 2, 3] if raced else [1, 2, 3, 4])
