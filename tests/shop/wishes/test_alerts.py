"""**Tell me when it is back**: one mail, once there is some of it again, and nothing is kept after it."""

import re
from datetime import timedelta

import pytest
from django.core import mail as outbox
from django.test import Client
from django.utils import timezone

from events.models import Delivery, Event
from events.operations import periodic
from shop.catalog import stock
from shop.wishes import alert_views, alerts
from shop.wishes.models import StockAlert
from tests.support.factories import ProductFactory, UserFactory, VariantFactory

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def mug():
    return VariantFactory(product=ProductFactory(title="Mug", title_zh_hans="马克杯"), stocked=0)


def ask(client, variant, email="ann@example.com", **more):
    return client.post(f"/back-in-stock/{variant.pk}/", {"email": email}, follow=True, **more)


def back():
    """The mails that say that something is back."""
    return [each for each in outbox.outbox if each.subject.endswith("is back") and "when" not in each.subject]


def test_one_mail_comes_when_it_is_back_and_the_address_is_forgotten(client, mug, process_all):
    assert "We write to ann@example.com as soon as Mug is back." in ask(client, mug).content.decode()
    process_all()
    assert not back()
    stock.adjust(mug, 5)
    stock.adjust(mug, 6)
    process_all()
    (sent,) = back()
    assert sent.to == ["ann@example.com"]
    assert f"?variant={mug.sku}" in sent.body
    assert not StockAlert.objects.exists()
    stock.adjust(mug, 0)
    stock.adjust(mug, 5)
    process_all()
    assert len(back()) == 1


def test_the_first_mail_says_how_to_take_it_back_and_the_link_only_asks(client, mug, process_all):
    ask(client, mug)
    process_all()
    (sent,) = outbox.outbox
    link = re.search(r"http\S+(/back-in-stock/stop/\S+/)", sent.body)
    assert link
    assert "Leave it" in client.get(link[1]).content.decode()
    assert StockAlert.objects.count() == 1
    client.post(link[1])
    stock.adjust(mug, 5)
    process_all()
    assert not back()
    assert "nothing that we would write to you about" in client.get(link[1]).content.decode()


def test_who_asks_twice_gets_one_mail_and_the_same_answer(client, mug, process_all):
    first, second = ask(client, mug).content.decode(), ask(client, mug, "Ann@Example.com").content.decode()
    assert "We write to ann@example.com" in first
    assert "We write to ann@example.com" in second
    stock.adjust(mug, 1)
    process_all()
    assert len(back()) == 1


def test_what_is_sold_out_again_before_the_mail_goes_is_not_announced(client, mug, process_all):
    ask(client, mug)
    stock.adjust(mug, 5)
    process_all("stock_alerts")
    stock.adjust(mug, 0)
    process_all()
    assert not back()
    stock.adjust(mug, 2)
    process_all()
    assert len(back()) == 1


def test_what_is_sold_out_again_before_anybody_looks_wakes_nobody(client, mug, process_all):
    ask(client, mug)
    stock.adjust(mug, 5)
    stock.adjust(mug, 0)
    process_all()
    assert not Event.objects.filter(type="stock_alert.due").exists()


def test_more_than_one_transaction_holds_are_woken_by_the_periodic_task(mug, monkeypatch, process_all):
    monkeypatch.setattr(alerts, "MOST", 2)
    for n in range(5):
        alerts.request(mug, f"{n}@example.com", "en")
    stock.adjust(mug, 5)
    process_all()
    assert len(back()) == 2
    task = next(task for task in periodic.all_tasks() if task.name == "stock alerts")
    for _ in range(2):
        task.run()
        process_all()
    assert sorted(sent.to[0] for sent in back()) == [f"{n}@example.com" for n in range(5)]


def test_stock_of_which_nobody_waits_costs_no_delivery(mug):
    stock.adjust(mug, 5)
    assert not Delivery.objects.filter(handler="stock_alerts").exists()


def test_what_is_there_needs_no_mail(client):
    assert "is in stock" in ask(client, VariantFactory(stocked=1)).content.decode()
    assert not StockAlert.objects.exists()


@pytest.mark.parametrize("what", ["product", "variant"])
def test_what_is_withdrawn_before_the_mail_goes_is_announced_when_it_is_offered_again(client, mug, process_all, what):
    def offer(active):
        one = mug.product if what == "product" else mug
        type(one).objects.filter(pk=one.pk).update(active=active)

    ask(client, mug)
    stock.adjust(mug, 5)
    process_all("stock_alerts")
    offer(False)
    process_all()
    assert not back()
    offer(True)
    next(task for task in periodic.all_tasks() if task.name == "stock alerts").run()
    process_all()
    assert len(back()) == 1


def test_a_withdrawn_product_is_not_announced(client, mug, process_all):
    ask(client, mug)
    type(mug.product).objects.update(active=False)
    stock.adjust(mug, 5)
    process_all()
    assert not back()
    assert ask(client, mug).status_code == 404


@pytest.mark.parametrize("email", ["", "nonsense", "a@b@c.example", f"{'x' * 250}@example.com", "a@b.example\nBcc: x"])
def test_what_is_no_address_is_refused_beside_its_field(client, mug, email):
    answer = ask(client, mug, email)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()
    assert not StockAlert.objects.exists()


def test_a_member_finds_the_own_address_in_the_form(client, mug):
    client.force_login(UserFactory(email="robin@example.com"))
    assert 'value="robin@example.com"' in client.get(f"/back-in-stock/{mug.pk}/").content.decode()


def test_one_address_and_one_client_can_ask_so_often(client, monkeypatch):
    monkeypatch.setattr(alert_views, "BY_ADDRESS", 2)
    monkeypatch.setattr(alert_views, "BY_CLIENT", 3)
    mugs = [VariantFactory(stocked=0) for _ in range(4)]
    elsewhere = [Client(REMOTE_ADDR=f"203.0.113.{n}") for n in range(3)]
    assert [ask(c, m).status_code for c, m in zip(elsewhere, mugs, strict=False)] == [200, 200, 429]
    one = Client(REMOTE_ADDR="198.51.100.7")
    assert [ask(one, m, f"{m.pk}@example.com").status_code for m in mugs] == [200, 200, 200, 429]


def test_mails_are_in_the_language_of_the_page(client, mug, process_all):
    ask(client, mug, headers={"accept-language": "zh-hans"})
    stock.adjust(mug, 5)
    process_all()
    asked, told = outbox.outbox
    assert "马克杯" in asked.subject
    assert "/zh-hans/products/" in told.body


def test_an_alert_is_forgotten_after_half_a_year(mug):
    for n, days in enumerate((179, 181)):
        alerts.request(mug, f"{n}@example.com", "en")
        StockAlert.objects.filter(email=f"{n}@example.com").update(created_at=timezone.now() - timedelta(days=days))
    next(task for task in periodic.all_tasks() if task.name == "stock alerts").run()
    assert StockAlert.objects.get().email == "0@example.com"


def test_events_hold_no_address(client, mug):
    ask(client, mug)
    event = Event.objects.get(type="stock_alert.requested")
    assert b"example.com" not in bytes(event.cloud_event().data) + event.stream.encode()


def test_the_product_page_leads_there_when_it_is_sold_out(client, mug):
    page = client.get(mug.product.get_absolute_url()).content.decode()
    assert re.search(rf'data-tell href="/back-in-stock/{mug.pk}/"\s*>', page)
    stock.adjust(mug, 5)
    page = client.get(mug.product.get_absolute_url()).content.decode()
    assert re.search(rf'data-tell href="/back-in-stock/{mug.pk}/"\s*hidden>', page)
