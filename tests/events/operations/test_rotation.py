"""Rotating keys: add, activate, retire – and what goes wrong when a step is left out."""

import base64
import io

import pytest
from django.core.management import CommandError, call_command

from events.delivery import dead_letters
from events.delivery.processing import Outcome, process
from events.operations import rotation

pytestmark = pytest.mark.django_db


def key(letter):
    return base64.b64encode(letter.encode() * 32).decode()


OLD, NEW = f"old:{key('o')}", f"new:{key('n')}"


def table():
    return {(use.purpose, use.kid): use for use in rotation.uses()}


def command(*arguments):
    out = io.StringIO()
    call_command("events", "keys", *arguments, stdout=out)
    return out.getvalue()


def test_a_rotation_step_by_step_stops_no_event(line, settings):
    settings.EVENT_SIGNING_KEYS = OLD
    settings.EVENT_ENCRYPTION_KEYS = OLD
    handler = line.handle(lambda event: None)
    line.emit(1)
    settings.EVENT_SIGNING_KEYS = settings.EVENT_ENCRYPTION_KEYS = f"{OLD},{NEW}"  # add
    line.emit(1)
    settings.EVENT_SIGNING_KEYS = settings.EVENT_ENCRYPTION_KEYS = f"{NEW},{OLD}"  # activate
    line.emit(1)
    assert [e.kid for e in line.events()] == ["old", "old", "new"]
    assert process(handler, line.stream) == (3, Outcome.NOTHING)
    found = table()
    assert found["signing", "new"].role == "active"
    assert found["signing", "old"].advice == "keep: events are under it"
    assert found["encryption", "old"].events >= 2
    assert found["encryption", "new"].events >= 1


def test_a_key_that_was_taken_away_too_early_is_named_and_nothing_is_handled_under_it(line, settings):
    settings.EVENT_SIGNING_KEYS = OLD
    seen = []
    handler = line.handle(seen.append)
    line.emit(1)
    settings.EVENT_SIGNING_KEYS = NEW
    assert process(handler, line.stream) == (0, Outcome.DEAD_LETTERED)
    assert "'old'" in line.deliveries()[0].last_error
    with pytest.raises(CommandError, match="old"):
        command()
    settings.EVENT_SIGNING_KEYS = f"{NEW},{OLD}"
    dead_letters.retry("probe")
    assert process(handler, line.stream) == (1, Outcome.NOTHING)
    assert len(seen) == 1


def test_a_key_under_which_nothing_is_kept_may_be_retired(line, settings):
    settings.EVENT_SIGNING_KEYS += f",{NEW}"
    line.emit(1)
    assert table()["signing", "new"].advice.startswith("can be retired")
    assert "add" in command()


def test_a_new_key_can_be_printed_and_used(settings):
    made = command("--new", "k2026").strip()
    settings.EVENT_SIGNING_KEYS = made
    from events.log import keys

    assert keys.signing().active == "k2026"
    assert len(keys.signing().keys["k2026"]) == 32


def test_with_encryption_neither_row_nor_message_shows_what_happened(line, settings):
    from events.delivery.message import WakeUp, compose

    settings.EVENT_ENCRYPTION_KEYS = OLD
    line.emit(1)
    event = line.events()[0]
    assert line.variant.sku.encode() not in bytes(event.body)
    message = compose(WakeUp("probe", event.header, event.sealed))
    assert line.variant.sku.encode() not in base64.b64decode(message["body"])
    assert event.cloud_event().type == "stock.changed"


def test_an_encrypted_body_moved_under_another_header_is_refused_even_with_a_valid_signature(line, settings):
    """Who can sign but not decrypt cannot move a body: the header is the associated data."""
    from events.log import keys
    from events.log.envelope import BadEnvelope, Sealed, _mac, read

    settings.EVENT_ENCRYPTION_KEYS = OLD
    line.emit(2)
    first, second = line.events()
    ring = keys.signing()
    forged = Sealed(
        bytes(first.body), ring.active, _mac(ring.keys[ring.active], second.header, ring.active, bytes(first.body))
    )
    with pytest.raises(BadEnvelope, match="encrypted body"):
        read(second.header, forged)
