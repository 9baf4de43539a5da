"""How long failures are tried again: minutes for what writes to the database, hours for what calls other servers."""

from datetime import timedelta

import pytest

from events.delivery import backoff, registry
from events.delivery.processing import Outcome, process

pytestmark = pytest.mark.django_db


@pytest.fixture
def failing(line, due_now, monkeypatch):
    """Run a handler that always raises, until dead-lettered or for so many seconds; (attempts, seconds waited)."""

    def run(longest, **options):
        clock = [0.0]
        after_failure = backoff.after_failure

        def waited(attempts):
            wait = after_failure(attempts)
            clock[0] += wait.total_seconds()
            return wait

        def fail(event):
            raise OSError("the server is away")

        monkeypatch.setattr(backoff, "after_failure", waited)
        handler = line.handle(fail, **options)
        line.emit()
        outcome = Outcome.FAILED
        while outcome is Outcome.FAILED and clock[0] < longest:
            _, outcome = process(handler, line.stream)
            due_now()
        (delivery,) = line.deliveries()
        return delivery, clock[0]

    return run


@pytest.mark.slow
def test_a_mail_server_that_is_away_for_hours_makes_no_dead_letter(failing):
    delivery, waited = failing(timedelta(hours=12).total_seconds(), external=True)
    assert waited >= 12 * 3600
    assert (delivery.state, delivery.attempts > 50) == ("pending", True)


def test_an_external_handler_gives_up_after_the_hours_of_the_setting(failing, settings):
    settings.EVENT_EXTERNAL_GIVE_UP_HOURS = 6
    delivery, waited = failing(timedelta(days=3).total_seconds(), external=True)
    assert delivery.state == "dead-lettered"
    assert 4 * 3600 < waited < 8 * 3600  # the waits are random


def test_a_handler_that_writes_to_the_database_gives_up_after_its_attempts(failing, settings):
    delivery, _ = failing(timedelta(days=3).total_seconds())
    assert (delivery.state, delivery.attempts) == ("dead-lettered", settings.EVENT_MAX_ATTEMPTS)


def test_an_external_handler_has_at_least_the_attempts_of_every_handler(failing, settings):
    settings.EVENT_EXTERNAL_GIVE_UP_HOURS = 0
    delivery, _ = failing(timedelta(days=3).total_seconds(), external=True)
    assert (delivery.state, delivery.attempts) == ("dead-lettered", settings.EVENT_MAX_ATTEMPTS)


def test_no_wait_is_longer_than_five_minutes():
    assert max(backoff.after_failure(n).total_seconds() for n in range(1, 2000)) <= 300


def test_the_handlers_that_call_other_servers_are_external():
    names = {h.name for h in registry.all_handlers() if h.external}
    assert {"mail", "payments.refund", "webpush"} <= names
