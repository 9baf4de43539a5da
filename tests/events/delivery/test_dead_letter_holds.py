"""A dead letter is not run again by itself, and nothing overtakes it, whatever wakes a worker."""

import pytest

from events.delivery.ordered_queue import Outcome
from events.delivery.processing import process

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("external", [False, True])
def test_a_dead_letter_waits_for_a_person_and_so_does_what_is_behind_it(line, due_now, settings, external):
    settings.EVENT_MAX_ATTEMPTS = 1
    settings.EVENT_EXTERNAL_GIVE_UP_HOURS = 0
    seen = []

    def refuse(event):
        seen.append(event.sequence)
        raise ValueError("no")

    handler = line.handle(refuse, external=external)
    line.emit(1)
    assert process(handler, line.stream) == (0, Outcome.DEAD_LETTERED)
    line.emit(2)
    due_now()
    for isolated in (False, True):
        assert process(handler, line.stream, isolated=isolated) == (0, Outcome.DEAD_LETTERED)
    assert seen == [1]
    assert [delivery.state for delivery in line.deliveries()] == ["dead-lettered", "pending", "pending"]
