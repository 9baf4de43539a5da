"""The key of Web Push outlives a change of SECRET_KEY."""

import io

import pytest
from django.core.management import call_command

from orders.notifications import webpush


def printed():
    out = io.StringIO()
    call_command("webpush_key", stdout=out)
    return out.getvalue().strip()


@pytest.mark.once
def test_the_printed_key_keeps_what_browsers_know_when_the_secret_changes(settings):
    settings.WEBPUSH_KEY = ""
    known, key = webpush.public_key(), printed()
    settings.SECRET_KEY = "another secret key of fifty random characters 01234"
    assert webpush.public_key() != known
    settings.WEBPUSH_KEY = key
    assert webpush.public_key() == known
    assert printed() == key
