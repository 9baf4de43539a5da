"""Signatures: whatever is changed, it is noticed."""

import base64
import hashlib
import itertools
from dataclasses import replace
from uuid import uuid4

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from events.log import keys
from events.log.envelope import BadEnvelope, Header, Sealed, read, seal, verify

HEADER = Header(uuid4(), "order:K7QF3M2XD9", 3, "order.paid", 1)
BODY = (
    b'{"specversion":"1.0","id":"x","source":"s","type":"order.paid","subject":"K7QF3M2XD9",'
    b'"time":"2026-11-23T10:00:00Z","dataschema":"urn:x","sequence":3,"data":{"a":1}}'
)


_counter = itertools.count()


def key(size: int = 32) -> str:
    """A new key at each call, the same ones in every run."""
    return base64.b64encode(hashlib.sha256(str(next(_counter)).encode()).digest()[:size]).decode()


def test_what_was_sealed_verifies():
    verify(HEADER, seal(HEADER, BODY))


@given(bit=st.integers(0, len(BODY) * 8 - 1))
def test_any_flipped_bit_of_the_body_is_refused(bit):
    sealed = seal(HEADER, BODY)
    flipped = bytearray(sealed.body)
    flipped[bit // 8] ^= 1 << bit % 8
    with pytest.raises(BadEnvelope):
        verify(HEADER, replace(sealed, body=bytes(flipped)))


@pytest.mark.parametrize(
    "change",
    [{"stream": "order:OTHER"}, {"seq": 4}, {"type": "order.refunded"}, {"version": 2}, {"id": uuid4()}],
)
def test_an_envelope_moved_to_another_place_is_refused(change):
    with pytest.raises(BadEnvelope):
        verify(replace(HEADER, **change), seal(HEADER, BODY))


@given(cut=st.integers(1, 8))
def test_bytes_cannot_wander_from_one_field_to_the_next(cut):
    moved = replace(HEADER, stream=HEADER.stream + HEADER.type[:cut], type=HEADER.type[cut:])
    with pytest.raises(BadEnvelope):
        verify(moved, seal(HEADER, BODY))


def test_an_unknown_key_is_refused_by_name():
    with pytest.raises(BadEnvelope, match="'old'"):
        verify(HEADER, replace(seal(HEADER, BODY), kid="old"))


def test_old_keys_still_verify_after_a_rotation(settings):
    first, second = key(), key()
    settings.EVENT_SIGNING_KEYS = f"a:{first}"
    sealed = seal(HEADER, BODY)
    settings.EVENT_SIGNING_KEYS = f"b:{second},a:{first}"
    verify(HEADER, sealed)
    assert seal(HEADER, BODY).kid == "b"
    settings.EVENT_SIGNING_KEYS = f"b:{second}"
    with pytest.raises(BadEnvelope):
        verify(HEADER, sealed)


def test_an_encrypted_body_hides_and_gives_back_its_content(settings):
    settings.EVENT_ENCRYPTION_KEYS = f"e:{key()}"
    sealed = seal(HEADER, BODY)
    assert b"K7QF3M2XD9" not in sealed.body
    assert read(HEADER, sealed).subject == "K7QF3M2XD9"
    settings.EVENT_ENCRYPTION_KEYS = f"other:{key()}"
    with pytest.raises(BadEnvelope, match="'e'"):
        read(HEADER, sealed)


@given(body=st.binary(max_size=200))
def test_a_signed_body_that_is_no_cloud_event_is_refused(body):
    with pytest.raises(BadEnvelope):
        read(HEADER, seal(HEADER, b"\x00" + body))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("nonsense", "kid:base64"),
        ("a:not base64!", "not base64"),
        (f"a:{key(4)}", "4 bytes"),
        (f"a:{key()},a:{key()}", "twice"),
        (":", "kid:base64"),
        ("", "no key"),
    ],
)
def test_signing_keys_that_cannot_work_are_refused_in_words(value, said):
    with pytest.raises(ImproperlyConfigured, match=said) as refusal:
        keys.check(value, "")
    assert "EVENT_SIGNING_KEYS" in str(refusal.value)


def test_a_refused_key_is_not_printed():
    secret = key(4)
    with pytest.raises(ImproperlyConfigured) as refusal:
        keys.check(f"a:{secret}", "")
    assert secret not in str(refusal.value)


def test_an_encryption_key_of_a_wrong_size_is_refused():
    with pytest.raises(ImproperlyConfigured, match="16 or 24 or 32"):
        keys.check(f"a:{key()}", f"e:{key(20)}")


def test_a_sealed_body_carries_its_signing_key():
    assert isinstance(seal(HEADER, BODY), Sealed)
    assert seal(HEADER, BODY).kid == keys.signing().active
