"""Who reads a document: the owner of the order, by its page and by mail. Nobody else."""

import pytest
from django.core import mail

from events.models import Event
from orders import access_links
from orders.access_links import Strength
from orders.models import Order
from orders.presentation import present
from tests.support.factories import UserFactory, make_document, make_order

pytestmark = [pytest.mark.slow, pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def document():
    return make_document(make_order(user=UserFactory(email="ann@example.com")))


def address(document):
    return f"/orders/{document.order.ref}/documents/{document.number}.pdf"


def test_the_owner_reads_it_from_the_orders_page(client, document):
    client.force_login(document.order.user)
    page = client.get(f"/orders/{document.order.ref}/").content.decode()
    assert f'href="{address(document)}"' in page
    answer = client.get(address(document))
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")
    assert "no-store" in answer["Cache-Control"]


def test_nobody_else_reads_it(client, document):
    assert client.get(address(document)).status_code == 404
    client.force_login(UserFactory())
    assert client.get(address(document)).status_code == 404
    client.logout()
    client.get(access_links.path(document.order, Strength.LOOK))
    assert client.get(address(document)).status_code == 404
    assert document.number not in client.get(f"/orders/{document.order.ref}/").content.decode()


def test_a_document_of_another_order_is_not_found(client, document):
    other = make_document(make_order())
    client.force_login(document.order.user)
    assert client.get(f"/orders/{document.order.ref}/documents/{other.number}.pdf").status_code == 404
    assert client.get(f"/orders/{document.order.ref}/documents/none.pdf").status_code == 404


def test_it_comes_by_mail_as_pdf(document, process_all, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    process_all("documents.send")
    (letter,) = mail.outbox
    assert letter.to == [document.order.email]
    assert document.number in letter.subject
    ((name, content, kind),) = letter.attachments
    assert (name, kind) == (f"{document.number}.pdf", "application/pdf")
    assert content.startswith(b"%PDF")


def test_the_page_gets_it_live_and_the_event_tells_nothing_of_the_buyer(document):
    event = Event.objects.filter(type="invoice.issued").get()
    assert b"Ann Example" not in bytes(event.body)
    d = present(Order.objects.get().state(), "en")
    assert d["papers"] == [{"label": f"Invoice {document.number}", "address": address(document)}]
    assert present(Order.objects.get().state(), "zh-hans")["papers"][0]["label"].endswith(document.number)
