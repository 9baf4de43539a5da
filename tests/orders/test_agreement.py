"""What a shopper agrees to: which versions stood beside the button, and what the button says."""

import pytest

from orders.models import Order
from shop.pages.models import Page
from tests.orders.conftest import fill, form
from tests.support.factories import MarketFactory, make_order

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def texts(db):
    for kind in ("privacy", "terms", "withdrawal", "imprint"):
        Page.objects.create(kind=kind, title_en=kind.title(), body_en=f"Our {kind}.", published=True)
    changed = Page.objects.get(kind="terms")
    changed.body_en = "Our newer terms."
    changed.save()


SHOWN = "terms:2 withdrawal:1 privacy:1"


@pytest.mark.usefixtures("texts")
def test_the_pages_are_linked_beside_the_button_and_their_versions_kept(
    client, variant, method, process_all, mailoutbox
):
    cart = fill(client, variant)
    page = client.get("/checkout/").content.decode()
    assert f'name="agreed_to" value="{SHOWN}"' in page
    for kind in ("terms", "withdrawal", "privacy"):
        assert f'href="/{kind}/"\n  target="_blank"' in page
    client.post("/checkout/", form(cart, method, agreed_to=SHOWN))
    order = Order.objects.get()
    assert order.agreed_to == [["terms", 2], ["withdrawal", 1], ["privacy", 1]]
    assert "/info/terms/2/" in client.get(order.get_absolute_url()).content.decode()
    process_all("mail")
    attached = {name: text for name, text, _ in mailoutbox[0].attachments}
    assert set(attached) == {"terms-2.txt", "withdrawal-1.txt", "privacy-1.txt"}
    assert "Our newer terms." in attached["terms-2.txt"]


@pytest.mark.usefixtures("texts")
def test_staff_see_which_versions_an_order_was_placed_under(admin_client):
    order = make_order(agreed_to=[["terms", 1], ["nonsense", 9]])
    page = admin_client.get(order.staff_page).content.decode()
    assert "/info/terms/1/" in page
    assert "nonsense" not in page


@pytest.mark.usefixtures("texts")
@pytest.mark.parametrize("sent", ["terms:1 withdrawal:1 privacy:1", "", "x" * 5000, "terms:2"])
def test_an_order_under_other_texts_than_those_of_now_is_not_placed(client, variant, method, sent):
    cart = fill(client, variant)
    answer = client.post("/checkout/", form(cart, method, agreed_to=sent))
    assert answer.status_code == 409
    assert not Order.objects.exists()
    page = answer.content.decode()
    assert "Our terms have changed" in page
    assert "Ann Example" in page
    assert f'value="{SHOWN}"' in page


@pytest.mark.usefixtures("texts")
def test_a_form_that_is_sent_again_after_a_change_leads_to_its_order(client, variant, method):
    cart = fill(client, variant)
    sent = form(cart, method, agreed_to=SHOWN)
    client.post("/checkout/", sent)
    changed = Page.objects.get(kind="terms")
    changed.body_en = "The newest terms."
    changed.save()
    order = Order.objects.get()
    assert client.post("/checkout/", sent)["Location"] == order.get_absolute_url()


def test_a_shop_without_pages_sells(client, variant, method):
    cart = fill(client, variant)
    assert "You order under" not in client.get("/checkout/").content.decode()
    client.post("/checkout/", form(cart, method, agreed_to=""))
    assert Order.objects.get().agreed_to == []


@pytest.mark.usefixtures("texts")
def test_a_market_may_ask_for_a_tick(client, variant, method):
    MarketFactory(ask_terms=True)
    cart = fill(client, variant)
    assert 'name="terms"' in client.get("/checkout/").content.decode()
    refused = client.post("/checkout/", form(cart, method, agreed_to=SHOWN))
    assert refused.status_code == 422
    assert "Please tick that you accept the terms." in refused.content.decode()
    assert not Order.objects.exists()
    client.post("/checkout/", form(cart, method, agreed_to=SHOWN, terms="on"))
    assert Order.objects.count() == 1


def button(client, country):
    client.cookies["deliver_to"] = country
    page = client.get("/checkout/").content.decode()
    return page.split('<button class="button" data-once>')[1].split("</button>")[0]


@pytest.mark.parametrize(
    ("country", "words"),
    [("DE", "Place order with obligation to pay"), ("NO", "Place order with obligation to pay"), ("US", "Place order")],
)
def test_the_button_says_what_the_law_of_the_country_asks(client, variant, method, country, words):
    fill(client, variant)
    assert button(client, country) == words


def test_it_says_so_in_chinese(client, variant, method):
    fill(client, variant)
    assert "提交订单并承担付款义务" in client.get("/zh-hans/checkout/").content.decode()
