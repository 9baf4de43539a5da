"""The home page tells of the newest promotion that is in the banner and runs now."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.support.factories import PromotionFactory

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def home(client):
    return client.get("/").content.decode()


def test_a_voucher_in_the_banner_is_told_with_its_code(client):
    PromotionFactory(title="Ten percent off", code="WELCOME10", in_banner=True)
    page = home(client)
    assert "Ten percent off" in page
    assert "<code>WELCOME10</code>" in page


@pytest.mark.parametrize(
    "fields",
    [
        {"in_banner": False},
        {"active": False},
        {"starts": NOW + timedelta(days=1)},
        {"ends": NOW - timedelta(days=1)},
    ],
)
def test_what_is_not_in_the_banner_or_does_not_run_is_not_told(client, fields):
    PromotionFactory(title="Ten percent off", code="WELCOME10", **{"in_banner": True} | fields)
    assert "voucher-banner" not in home(client)


def test_a_title_is_text_not_markup(client):
    PromotionFactory(title="<b>Off</b>", in_banner=True)
    assert "&lt;b&gt;Off&lt;/b&gt;" in home(client)
