"""`events prune` is killed when the archive is on the disk and the rows are still in the log.

The next run leaves each event once.
"""

import signal

import pytest
from django.core.management import call_command
from django.utils import timezone

from events.models import Event
from events.operations import retention
from tests.events.operations.test_retention import age, command, handled

# A real process, and a real SIGKILL at the one moment that matters: after `_append`, before anything is deleted.
PRUNE = """
import os, signal, sys
import django
django.setup()
from django.core.management import call_command
from events.operations import retention
append = retention._append
def append_and_die(path, rows):
    append(path, rows)
    os.kill(os.getpid(), signal.SIGKILL)
retention._append = append_and_die
call_command("events", "prune", "--events", "30", "--archive", sys.argv[1], "--batch", "2")
"""


@pytest.mark.django_db(transaction=True)
def test_a_process_that_dies_between_archive_and_deletion_loses_and_doubles_nothing(line, shop, tmp_path):
    handled(line, 4)
    age(400)
    archive = tmp_path / "a.gz"
    for _ in range(2):
        assert shop.start("-c", PRUNE, str(archive)).wait(60) == -signal.SIGKILL
    assert [e.seq for e in line.events()] == [1, 2, 3, 4]
    assert [e.seq for e in retention.read_archive(archive)] == [1, 2]
    assert retention.prune_events(timezone.now(), archive, pause=0) == 3
    assert [e.seq for e in line.events()] == [4]
    assert [e.seq for e in retention.read_archive(archive)] == [1, 2, 3]
    assert "3 events verified" in command("verify", "--archive", str(archive))
    call_command("events", "restore", str(archive))
    assert sorted(Event.objects.filter(stream=line.stream).values_list("seq", flat=True)) == [1, 2, 3, 4]
