"""Static files are sent compressed, and nothing else is changed."""

import gzip

import pytest

pytestmark = pytest.mark.django_db
ASKS = {"Accept-Encoding": "gzip, br"}


@pytest.mark.parametrize("address", ["/static/css/base.css", "/static/js/live/client.js", "/static/brand/favicon.svg"])
def test_a_text_file_is_compressed_for_who_understands_it(client, address):
    plain = b"".join(client.get(address).streaming_content)
    small = client.get(address, headers=ASKS)
    sent = b"".join(small.streaming_content)
    assert small["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in small["Vary"]
    assert gzip.decompress(sent) == plain
    assert len(sent) < len(plain) * 0.7


@pytest.mark.parametrize("address", ["/static/brand/icon-192.png", "/", "/accounts/login/"])
def test_pictures_and_pages_are_sent_as_they_are(client, address):
    assert "Content-Encoding" not in client.get(address, headers=ASKS).headers


def test_a_part_of_a_file_and_a_file_that_has_not_changed_are_sent_as_they_are(client):
    part = client.get("/static/css/base.css", headers={**ASKS, "Range": "bytes=0-9"})
    assert (part.status_code, "Content-Encoding" in part.headers) == (206, False)
    whole = client.get("/static/css/base.css", headers=ASKS)
    again = client.get("/static/css/base.css", headers={**ASKS, "If-Modified-Since": whole["Last-Modified"]})
    assert again.status_code == 304
