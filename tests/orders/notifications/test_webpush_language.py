"""A push message speaks the language of the browser that asked for it."""

import pytest

from events.delivery.processing import process
from orders.models import PushSubscription
from tests.orders.notifications.conftest import Browser, ask, pay

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def test_each_browser_is_told_in_its_own_language(guest, service):
    order, client = guest
    browsers = {"en": Browser(service, "en"), "zh-hans": Browser(service, "zh-hans")}
    for language, browser in browsers.items():
        client.cookies["django_language"] = language
        ask(client, order, browser)
    assert set(PushSubscription.objects.values_list("language", flat=True)) == {"en", "zh-hans"}
    process(pay(order), order.stream)
    told = {path[1:]: browsers[path[1:]].read(body) for path, _, body in service.posts}
    assert told["en"]["title"].startswith("Paid")
    assert told["en"]["lang"] == "en"
    assert told["zh-hans"]["title"].startswith("已付款")
    assert told["zh-hans"]["lang"] == "zh-hans"
