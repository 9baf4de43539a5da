"""An encrypted body belongs to its event: under another header it does not open, though it is signed anew."""

from dataclasses import replace
from uuid import uuid4

import pytest

from events.log.envelope import BadEnvelope, open_for, read, seal
from tests.events.log.test_envelope import BODY, HEADER, key


@pytest.mark.parametrize("change", [{"stream": "order:OTHER"}, {"seq": 4}, {"type": "order.refunded"}, {"id": uuid4()}])
def test_a_body_under_another_header_does_not_open(settings, change):
    settings.EVENT_ENCRYPTION_KEYS = f"e:{key()}"
    sealed = seal(HEADER, BODY)
    moved = replace(HEADER, **change)
    # `verified`: as one who has a signing key would get past the signature.
    with pytest.raises(BadEnvelope, match="does not match the event"):
        read(moved, sealed, verified=True)


def test_a_body_that_names_another_event_than_its_header_is_refused():
    header = replace(HEADER, id=uuid4())  # the body says "x"
    with pytest.raises(BadEnvelope, match="belongs to another event"):
        open_for("mail", header, seal(header, BODY))
