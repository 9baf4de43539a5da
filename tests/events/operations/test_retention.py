"""Archiving and pruning: what is old and handled goes, into a file that can be verified and put back."""

import gzip
import io
import threading
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.utils import timezone

from events.delivery import registry
from events.delivery.processing import process
from events.models import Delivery, Event, Log
from events.operations import retention, verification
from events.operations.replay import Range, replay
from tests.events.conftest import Line


def age(days):
    then = timezone.now() - timedelta(days=days)
    Event.objects.update(recorded_at=then)
    Delivery.objects.filter(acknowledged_at__isnull=False).update(acknowledged_at=then)


def handled(line, count, **options):
    handler = line.handle(lambda event: None, **options)
    line.emit(count)
    Delivery.objects.exclude(handler="probe").delete()
    process(handler, line.stream)


def command(*arguments):
    out = io.StringIO()
    call_command("events", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_old_acknowledged_deliveries_go_and_open_ones_stay(line):
    handled(line, 3)
    line.emit(1)
    Delivery.objects.exclude(handler="probe").delete()
    age(40)
    before = timezone.now() - timedelta(days=30)
    assert retention.prune_deliveries(before, dry_run=True) == 3
    assert retention.prune_deliveries(before, batch=2, pause=0) == 3
    assert [d.seq for d in line.deliveries()] == [4]


@pytest.mark.django_db
def test_the_deliveries_of_external_handlers_stay_so_that_a_replay_sends_no_second_mail(line):
    handled(line, 2, external=True)
    age(40)
    assert retention.prune_deliveries(timezone.now(), pause=0) == 0
    assert replay("probe", Range(line.stream)).kept == 2


@pytest.mark.django_db
def test_old_events_are_archived_and_the_newest_of_each_stream_stays(line, tmp_path):
    handled(line, 5)
    age(400)
    archive = tmp_path / "events.jsonl.gz"
    assert retention.prune_events(timezone.now(), archive, batch=2, pause=0) == 4
    assert [e.seq for e in line.events()] == [5]
    assert [e.seq for e in retention.read_archive(archive)] == [1, 2, 3, 4]
    assert list(verification.verify()) == []
    assert list(verification.verify(retention.read_archive(archive))) == []


@pytest.mark.django_db
def test_an_event_that_is_not_acknowledged_is_kept_with_all_that_follow_it(line, tmp_path):
    handled(line, 3)
    age(400)
    Delivery.objects.filter(seq=2).update(acknowledged_at=None, dead_lettered_at=timezone.now())
    assert retention.prune_events(timezone.now(), tmp_path / "a.gz", pause=0) == 1
    assert [e.seq for e in line.events()] == [2, 3]


@pytest.mark.django_db
def test_what_is_young_is_kept(line, tmp_path):
    handled(line, 3)
    assert retention.prune_events(timezone.now() - timedelta(days=1), tmp_path / "a.gz", pause=0) == 0


@pytest.mark.django_db
def test_an_archive_that_cannot_be_written_loses_nothing(line, tmp_path):
    handled(line, 3)
    age(400)
    with pytest.raises(CommandError, match="No event was lost"):
        command("prune", "--events", "30", "--archive", str(tmp_path / "no" / "such" / "folder.gz"))
    assert len(line.events()) == 3


@pytest.mark.django_db
def test_an_archive_can_be_put_back_and_replayed(line, tmp_path):
    handled(line, 4)
    age(400)
    archive = tmp_path / "a.gz"
    retention.prune_events(timezone.now(), archive, pause=0)
    assert "3 archived events" in command("restore", str(archive))
    seen = []
    handler = line.handle(lambda event: seen.append(event.sequence), name="report")
    replay("report", Range(line.stream))
    process(handler, line.stream)
    assert seen == [1, 2, 3, 4]


@pytest.mark.django_db
def test_a_change_in_an_archive_is_noticed(line, tmp_path):
    handled(line, 3)
    age(400)
    archive = tmp_path / "a.gz"
    retention.prune_events(timezone.now(), archive, pause=0)
    assert "2 events verified" in command("verify", "--archive", str(archive))
    archive.write_bytes(gzip.compress(gzip.decompress(archive.read_bytes()).replace(b'"seq":2', b'"seq":7')))
    with pytest.raises(CommandError, match="are wrong"):
        command("verify", "--archive", str(archive))
    archive.write_bytes(b"no archive")
    with pytest.raises(CommandError, match="cannot be read"):
        command("verify", "--archive", str(archive))


@pytest.mark.django_db
def test_a_gap_in_the_middle_is_found_after_pruning_too(line, tmp_path):
    handled(line, 6)
    age(400)
    Log.current_epoch()
    Log.objects.update(pruned_before=timezone.now())
    Event.objects.filter(stream=line.stream, seq__in=[1, 2]).delete()
    assert list(verification.verify()) == []
    Event.objects.filter(stream=line.stream, seq=4).delete()
    assert ["gap" in why for _, why in verification.verify()] == [True]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Say what"),
        (["--events", "30"], "Say where to"),
        (["--events", "-1", "--no-archive"], "positive"),
        (["--deliveries", "30", "--batch", "0"], "positive"),
    ],
)
def test_a_prune_that_was_not_thought_through_is_refused(arguments, said):
    with pytest.raises(CommandError, match=said):
        command("prune", *arguments)


@pytest.mark.slow
def test_writers_get_through_while_much_is_pruned(transactional_db, line):
    """Each batch is a short transaction: whoever writes meanwhile waits for one of them at most."""
    handled(line, 1)
    others = [Line() for _ in range(2)]
    line.names += [f"old-{n}" for n in range(1000)]
    rows, event = [], line.events()[0]
    for name in line.names[1:]:
        registry.handler("order.refunded", queue="orders", name=name)(lambda e: None)
        rows.append(
            Delivery(
                event=event,
                handler=name,
                stream=line.stream,
                seq=1,
                due_at=timezone.now(),
                notify_at=timezone.now(),
                acknowledged_at=timezone.now() - timedelta(days=90),
            )
        )
    Delivery.objects.bulk_create(rows)
    pruner = threading.Thread(
        target=lambda: (
            retention.prune_deliveries(timezone.now() - timedelta(days=30), batch=100, pause=0.01),
            connections.close_all(),
        )
    )
    pruner.start()
    written = 0
    while pruner.is_alive():
        others[written % 2].emit(1)
        written += 1
    pruner.join()
    assert written >= 10
    assert not Delivery.objects.filter(handler__startswith="old-").exists()


@pytest.mark.django_db
def test_what_a_killed_writer_left_at_the_end_of_an_archive_is_taken_off_and_nothing_is_lost(line, tmp_path):
    handled(line, 7)
    age(400)
    archive = tmp_path / "a.gz"
    rows = list(retention._old(timezone.now()))
    retention._append(archive, rows[:2])
    whole = archive.stat().st_size
    retention._append(archive, rows[2:4])
    with archive.open("r+b") as file:
        file.truncate((whole + archive.stat().st_size) // 2)
    assert retention.prune_events(timezone.now(), archive, pause=0) == 6
    assert [e.seq for e in retention.read_archive(archive)] == [1, 2, 3, 4, 5, 6]


@pytest.mark.django_db
def test_a_disk_that_is_full_in_the_middle_of_a_batch_leaves_a_whole_archive(line, tmp_path, monkeypatch):
    handled(line, 7)
    age(400)
    archive = tmp_path / "a.gz"
    retention._append(archive, list(retention._old(timezone.now()))[:2])
    size = archive.stat().st_size

    def full(descriptor):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(retention.os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            retention.prune_events(timezone.now(), archive, pause=0)
    assert archive.stat().st_size == size
    assert len(line.events()) == 7


def test_a_file_that_is_no_archive_is_left_alone(tmp_path):
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear Sir")
    with pytest.raises(OSError, match="is not an archive"):
        retention.repair(letter)
    assert letter.read_text() == "Dear Sir"


@pytest.mark.django_db
def test_what_an_archive_of_another_log_tells_is_not_sent_again(line, tmp_path):
    sent = []
    handler = line.handle(lambda e: sent.append(e.sequence), external=True)
    line.emit(3)
    Delivery.objects.exclude(handler="probe").delete()
    process(handler, line.stream)
    age(400)
    archive = tmp_path / "a.gz"
    retention.prune_events(timezone.now(), archive, pause=0)
    for model in (Delivery, Event, Log):
        model.objects.all().delete()
    retention.restore(archive)
    assert replay("probe", Range(line.stream)).opened == 0


@pytest.mark.django_db
def test_the_deliveries_of_a_handler_that_this_code_does_not_know_stay(line):
    handled(line, 2, external=True)
    age(40)
    registry.forget("probe")
    assert retention.prune_deliveries(timezone.now(), pause=0) == 0


@pytest.mark.slow
def test_a_replay_beside_a_prune_keeps_what_it_opened(transactional_db, line, tmp_path):
    """The replay comes in the gap between the prune's last look and its deletion.

    Where it finds no rows to hold, it waits for the events.
    """
    handled(line, 4)
    age(400)
    Delivery.objects.all().delete()
    threads, update = [], []

    def beside():
        update.append(replay("probe", Range(line.stream)).opened)
        connections.close_all()

    def gap(execute, sql, *rest):
        if sql.startswith("DELETE") and not threads:
            threads.append(threading.Thread(target=beside))
            threads[0].start()
            threads[0].join(0.5)
        return execute(sql, *rest)

    with connection.execute_wrapper(gap):
        retention.prune_events(timezone.now(), tmp_path / "a.gz", pause=0)
    threads[0].join(20)
    assert update == [len(line.deliveries())]
    assert update == [len(line.events())]
