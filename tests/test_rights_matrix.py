"""Every address × GET and POST × everybody: who gets in. An address without a row here fails.

In is who gets an answer of the view itself; out are 403, 404, 405, and a redirect to sign in, or to do so again.
"""

import re

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from events.models import Delivery, Event
from orders import access_links
from orders.access_links import Strength
from orders.models import BulkMove, Parcel, ParcelPhoto, Payment, ReplyTemplate, Return, Seller, WebhookEvent
from orders.payments.gateways.bank.models import BankLine
from orders.questions import service
from shop.catalog.models import Category, ListImport
from shop.pages import seeding
from shop.pages.models import Page
from shop.reviews.models import Review
from shop.staff.models import Invitation, TrailEntry
from shop.staff.roles import ROLES
from shop.wishes.models import SharedList
from tests.support.factories import (
    CartFactory,
    DeliveryMethodFactory,
    MarketFactory,
    PromotionFactory,
    TaxRateFactory,
    UserFactory,
    VariantFactory,
    make_document,
    make_order,
)
from tests.support.routes import routes

# No database decides who gets in.
pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.once]

STAFF = {*ROLES, "superuser"}
EVERYBODY = {"nobody", "guest", "onlooker", "other member", "owner", *STAFF}
MEMBERS = EVERYBODY - {"nobody", "guest", "onlooker"}
ORDERS = {"Fulfilment", "Support", "Manager", "superuser"}
ACTING = {"guest", "owner"}
NOBODY: set[str] = set()
BACKBONE = {"Support", "Manager", "superuser"}
TOP = {"superuser"}
MANAGERS = {"Manager", "superuser"}

# route → who gets in by GET, who by POST
SHOP = {
    "": (EVERYBODY, NOBODY),
    "products/": (EVERYBODY, NOBODY),
    "products/<slug:slug>/": (EVERYBODY, NOBODY),
    "compare/": (EVERYBODY, NOBODY),  # a POST without a product finds none
    "search/": (EVERYBODY, NOBODY),
    "search/suggest": (EVERYBODY, NOBODY),
    "pictures/<slug:slug>.svg": (EVERYBODY, NOBODY),
    "cart/": (EVERYBODY, NOBODY),
    "cart/count/": (EVERYBODY, NOBODY),
    "cart/add/": (NOBODY, EVERYBODY),
    "cart/code/": (NOBODY, EVERYBODY),
    "back-in-stock/<int:variant_id>/": (EVERYBODY, EVERYBODY),
    "back-in-stock/stop/<uuid:alert_id>/": (EVERYBODY, EVERYBODY),  # whoever has it
    "back-in-stock/unsubscribe/<str:token>/": (NOBODY, NOBODY),  # with the token of something else
    "wishes/": (EVERYBODY, NOBODY),
    "wishes/<int:product_id>/": (NOBODY, EVERYBODY),
    "wishes/share/": (MEMBERS, MEMBERS),
    "wishes/of/<str:secret>/": (NOBODY, NOBODY),  # of nobody
    "wishes/shared/<int:list_id>/": (NOBODY, NOBODY),  # which no link has opened
    "deliver-to/": (EVERYBODY, EVERYBODY),
    # Somebody else's line: everybody is led to their own cart (tests/shop/cart/test_a_neighbours_line.py).
    "cart/<int:line_id>/": (NOBODY, EVERYBODY),
    "checkout/": (EVERYBODY, EVERYBODY),
    "orders/": (MEMBERS, NOBODY),
    "orders/find/": (EVERYBODY, EVERYBODY),
    "orders/<ref:ref>/": (ACTING | {"onlooker"} | ORDERS, NOBODY),
    "orders/<ref:ref>/pay/": (ACTING, ACTING),
    "orders/<ref:ref>/cancel/": (ACTING, ACTING),
    "orders/<ref:ref>/code.svg": (ACTING, NOBODY),
    "track/<str:token>/order.ics": (EVERYBODY, NOBODY),  # whoever has it
    "orders/<ref:ref>/address/": (ACTING, ACTING),
    "orders/<ref:ref>/gift/": (ACTING, ACTING),
    "orders/<ref:ref>/missing/": (ACTING, ACTING),
    "orders/<ref:ref>/again/": (NOBODY, ACTING),
    "orders/<ref:ref>/push/": (NOBODY, ACTING),
    "orders/<ref:ref>/return/": (ACTING, ACTING),
    "orders/<ref:ref>/reviews/<int:line_id>/": (NOBODY, NOBODY),  # of an order that has not arrived
    "orders/<ref:ref>/returns/<int:place>/": (ACTING, NOBODY),
    "orders/<ref:ref>/returns/<int:place>/label.pdf": (ACTING, NOBODY),
    "orders/<ref:ref>/returns/<int:place>/<slug:target>/": (NOBODY, ACTING),
    "orders/<ref:ref>/documents/<slug:number>.pdf": (ACTING | ORDERS, NOBODY),
    "orders/<ref:ref>/photos/<int:photo>.webp": (ACTING | ORDERS, NOBODY),
    "imprint/": (EVERYBODY, NOBODY),
    "terms/": (EVERYBODY, NOBODY),
    "privacy/": (EVERYBODY, NOBODY),
    "withdrawal/": (EVERYBODY, NOBODY),
    "delivery/": (EVERYBODY, NOBODY),
    "info/<slug:page_slug>/": (EVERYBODY, NOBODY),
    "info/<slug:page_slug>/<int:version_number>/": (EVERYBODY, NOBODY),
    "contact/": (EVERYBODY, EVERYBODY),
    "withdrawal/form/": (EVERYBODY, EVERYBODY),
    "orders/<ref:ref>/question/": (ACTING, ACTING),
    "track/<str:token>/": (EVERYBODY, NOBODY),  # whoever has it
    "payments/<slug:gateway>/webhook/": (NOBODY, NOBODY),  # without a signature
    "carriers/<slug:carrier>/webhook/": (NOBODY, NOBODY),  # without a signature
    "account/": (MEMBERS, NOBODY),
    "account/add-orders/": (NOBODY, MEMBERS),
    "account/sign-in/": (MEMBERS, NOBODY),
    "account/notifications/": (MEMBERS, MEMBERS),
    "account/addresses/": (MEMBERS, MEMBERS),
    # Somebody else's address: there is none for anybody.
    "account/addresses/<int:pk>/": (NOBODY, NOBODY),
    "account/addresses/<int:pk>/default/": (NOBODY, NOBODY),
    "account/addresses/<int:pk>/delete/": (NOBODY, MEMBERS),
    "account/data/": (MEMBERS, NOBODY),
    "account/data/export/": (NOBODY, NOBODY),  # asks for the password again
    "account/data/delete/": (MEMBERS, MEMBERS),  # without the password nothing is deleted
    "live/ticket": (EVERYBODY, NOBODY),
    "live/poll": (NOBODY, NOBODY),  # without a stream
    "i18n/setlang/": (EVERYBODY, EVERYBODY),  # a GET leads back and sets nothing
    "manifest.webmanifest": (EVERYBODY, NOBODY),
    "robots.txt": (EVERYBODY, NOBODY),
    "sitemap.xml": (EVERYBODY, EVERYBODY),
    "sitemap-<section>.xml": (NOBODY, NOBODY),  # of no section there is none
    "service-worker.js": (EVERYBODY, NOBODY),
    "favicon.ico": (EVERYBODY, EVERYBODY),
    "media/<path:path>": (NOBODY, NOBODY),  # there is none
    "invitations/<str:secret>/": (NOBODY, NOBODY),  # of nobody
}
ACCOUNTS = {
    "accounts/login/": (EVERYBODY, EVERYBODY),
    "accounts/logout/": (EVERYBODY, EVERYBODY),
    "accounts/signup/": (EVERYBODY, EVERYBODY),
    "accounts/inactive/": (EVERYBODY, NOBODY),
    "accounts/reauthenticate/": (MEMBERS, MEMBERS),
    "accounts/email/": (MEMBERS, MEMBERS),
    "accounts/confirm-email/": (EVERYBODY, NOBODY),
    "accounts/confirm-email/<key>/": (EVERYBODY, NOBODY),
    "accounts/password/change/": (MEMBERS, MEMBERS),
    "accounts/password/set/": (MEMBERS, MEMBERS),
    "accounts/password/reset/": (EVERYBODY, EVERYBODY),
    "accounts/password/reset/done/": (EVERYBODY, NOBODY),
    "accounts/password/reset/key/<uidb36>-<key>/": (EVERYBODY, EVERYBODY),
    "accounts/password/reset/key/done/": (EVERYBODY, NOBODY),
    "accounts/sessions/": (MEMBERS, MEMBERS),
    "accounts/login/code/confirm/": (MEMBERS, MEMBERS),  # leads on: nobody was sent a code
}
# A page that changes how somebody signs in asks for the password again, which nobody here gives.
SECOND_FACTOR = {
    "accounts/2fa/": (MEMBERS, NOBODY),
    "accounts/2fa/authenticate/": (MEMBERS, MEMBERS),  # leads on: they are signed in
    "accounts/2fa/reauthenticate/": (NOBODY, NOBODY),
    "accounts/2fa/recovery-codes/": (NOBODY, NOBODY),
    "accounts/2fa/recovery-codes/download/": (NOBODY, NOBODY),
    "accounts/2fa/recovery-codes/generate/": (NOBODY, NOBODY),
    "accounts/2fa/totp/activate/": (NOBODY, NOBODY),
    "accounts/2fa/totp/deactivate/": (NOBODY, NOBODY),
    "accounts/2fa/webauthn/": (MEMBERS, NOBODY),
    "accounts/2fa/webauthn/add/": (NOBODY, NOBODY),
    "accounts/2fa/webauthn/reauthenticate/": (NOBODY, NOBODY),
    "accounts/2fa/webauthn/keys/<int:pk>/edit/": (NOBODY, NOBODY),
    "accounts/2fa/webauthn/keys/<int:pk>/remove/": (NOBODY, NOBODY),
}
PAGES = SHOP | ACCOUNTS | SECOND_FACTOR
# model → who sees it, adds to it, changes it, deletes from it
MODELS = {
    "orders/order": (ORDERS, NOBODY, ORDERS, NOBODY),
    "orders/payment": (ORDERS, NOBODY, TOP, NOBODY),
    "orders/bulkmove": (ORDERS, NOBODY, NOBODY, NOBODY),
    "orders/return": (ORDERS, NOBODY, TOP, NOBODY),
    "banktransfer/bankline": (MANAGERS, NOBODY, MANAGERS, NOBODY),
    "orders/question": (BACKBONE, NOBODY, NOBODY, NOBODY),
    "orders/replytemplate": (BACKBONE,) * 4,
    "pages/page": (MANAGERS, MANAGERS, MANAGERS, NOBODY),
    "orders/webhookevent": (BACKBONE, NOBODY, TOP, NOBODY),
    "orders/deliverymethod": ({"Manager", "superuser"}, {"Manager", "superuser"}, {"Manager", "superuser"}, TOP),
    "orders/document": (ORDERS, NOBODY, TOP, NOBODY),
    "orders/seller": (MANAGERS, NOBODY, MANAGERS, NOBODY),
    "markets/market": (MANAGERS, MANAGERS, MANAGERS, TOP),
    "markets/taxrate": (MANAGERS,) * 4,
    "vouchers/promotion": (MANAGERS | {"Catalogue"}, MANAGERS, MANAGERS, MANAGERS),
    "reviews/review": (BACKBONE, NOBODY, BACKBONE, BACKBONE),
    "catalog/product": (MANAGERS | {"Catalogue"}, *({"Catalogue", "superuser"},) * 2, NOBODY),  # it has a stock
    "catalog/category": (MANAGERS | {"Catalogue"}, *({"Catalogue", "superuser"},) * 3),
    "catalog/stock": (
        {"Catalogue", "Fulfilment", "Manager", "superuser"},
        NOBODY,
        {"Catalogue", "Fulfilment", "Manager", "superuser"},
        NOBODY,
    ),
    "catalog/listimport": ({"Catalogue", "superuser"}, NOBODY, {"Catalogue", "superuser"}, NOBODY),
    "events/event": (BACKBONE, NOBODY, NOBODY, NOBODY),
    "events/delivery": (BACKBONE, NOBODY, NOBODY, NOBODY),
    "accounts/user": (BACKBONE, TOP, TOP, TOP),
    "auth/group": (TOP, TOP, TOP, TOP),
    "account/emailaddress": (TOP, TOP, TOP, TOP),
    "mfa/authenticator": (TOP, TOP, TOP, TOP),
    "staff/trailentry": ({"Manager", "superuser"}, NOBODY, NOBODY, NOBODY),
    "staff/invitation": (TOP, TOP, NOBODY, NOBODY),
}


def make_review(order, product):
    """One that waits for staff."""
    return Review.objects.create(line=order.lines.get(), product=product, stars=4, name="Ann", language="en")


def make_photo(order):
    """What was packed."""
    parcel = Parcel.objects.create(order=order, carrier="Courier")
    return ParcelPhoto.objects.create(parcel=parcel, kind="packed", picture=b"x")


def make_return(order):
    """A return that the shop has agreed to, with a label."""
    return Return.objects.create(order=order, place=1, reason="fit", state="approved")


@pytest.fixture
def world():
    """An order of a member, and everybody who may come to it."""
    owner = UserFactory()
    seeding.seed(published=True)
    people = {name: UserFactory(is_staff=True) for name in ROLES}
    for name, person in people.items():
        person.groups.add(Group.objects.get(name=name))
    people |= {"owner": owner, "other member": UserFactory()}
    people["superuser"] = UserFactory(is_staff=True, is_superuser=True)
    return owner, people


def visitor(name, people, order):
    client = Client()
    if name in people:
        client.force_login(people[name])
    elif name in ("guest", "onlooker"):
        client.get(access_links.path(order, Strength.ACT if name == "guest" else Strength.LOOK))
    return client


def got_in(answer):
    if answer.status_code in (301, 302, 303):
        return not re.match(r"/(accounts|admin)/(login|reauthenticate)/", answer["Location"])
    return answer.status_code not in (401, 403, 404, 405)


def samples(order, variant):
    """What stands for each name in an address. It is made where the address has that name."""
    return {
        "slug": lambda: variant.product.slug,
        "ref": lambda: order.ref,
        "token": lambda: access_links.token(order, Strength.LOOK),
        "line_id": lambda: "1",
        "variant_id": lambda: str(variant.pk),
        "product_id": lambda: str(variant.product_id),
        "alert_id": lambda: "00000000-0000-4000-8000-000000000000",
        "path": lambda: "none.png",
        "gateway": lambda: "test",
        "carrier": lambda: "courier",
        "place": lambda: str(make_return(order).place),
        "target": lambda: "withdrawn",
        "key": lambda: "none",
        "secret": lambda: "none",
        "pk": lambda: "1",
        "uidb36": lambda: "1",
        "number": lambda: make_document(order).number,
        "photo": lambda: str(make_photo(order).pk),
        "page_slug": lambda: "terms",
        "version_number": lambda: "1",
        "list_id": lambda: str(SharedList.objects.get_or_create(user=order.user, defaults={"is_open": True})[0].pk),
        "section": lambda: "none",
    }


def written(route, known):
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda name: known[name[1]](), route)


def plain(route):
    """Django's and allauth's expressions, without what only a machine reads."""
    route = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", route)
    return re.sub(r"[\^$\\]|\?$", "", route)


SITE = {plain(route) for route, _ in routes() if not route.startswith(("admin/", "demo/", "gateway/"))}


def test_every_address_of_the_shop_has_a_row():
    assert set(PAGES) == SITE


@pytest.mark.parametrize("route", sorted(PAGES))
def test_who_gets_in(world, route):
    owner, people = world
    wanted = dict(zip(("get", "post"), PAGES[route], strict=True))
    for method, expected in wanted.items():
        found = set()
        for name in sorted(EVERYBODY):
            order, variant = make_order(user=owner), VariantFactory(stocked=5)
            CartFactory(user=UserFactory()).lines.create(variant=variant, quantity=1, price_seen=variant.price)
            client = visitor(name, people, order)
            if got_in(getattr(client, method)(written(route, samples(order, variant)))):
                found.add(name)
        assert found == expected, method


def test_every_model_of_the_admin_has_a_row():
    found = {f"{model._meta.app_label}/{model._meta.model_name}" for model in admin.site._registry}
    assert found == set(MODELS)


@pytest.fixture
def objects(world):
    """One object of each model."""
    order = make_order(user=world[0])
    variant = VariantFactory(stocked=5)
    found = {
        "orders/order": order,
        "orders/payment": Payment.objects.create(order=order, gateway="test", amount=order.total),
        "orders/return": make_return(order),
        "orders/bulkmove": BulkMove.objects.create(target="paid", newest=0, total=1, asked_at=order.placed_at),
        "reviews/review": make_review(order, variant.product),
        "banktransfer/bankline": BankLine.objects.create(key="1", day="2026-11-20", amount=order.total),
        "orders/question": service.ask(order, "When?"),
        "orders/replytemplate": ReplyTemplate.objects.create(title="Sorry", text="Sorry."),
        "pages/page": Page.objects.get(kind="terms"),
        "orders/webhookevent": WebhookEvent.objects.create(gateway="test", event_id="1", body="{}"),
        "orders/deliverymethod": DeliveryMethodFactory(),
        "orders/document": make_document(order),
        "orders/seller": Seller.objects.get(),
        "markets/market": MarketFactory(),
        "markets/taxrate": TaxRateFactory(),
        "vouchers/promotion": PromotionFactory(),
        "catalog/product": variant.product,
        "catalog/category": Category.objects.get(pk=variant.product.category_id),
        "catalog/stock": variant.stock,
        "catalog/listimport": ListImport.objects.create(file="prices.csv", person="x"),
        "events/event": Event.objects.filter(stream=order.stream).first(),
        "events/delivery": Delivery.objects.filter(stream=order.stream).first(),
        "accounts/user": UserFactory(),
        "auth/group": Group.objects.first(),
        "mfa/authenticator": Authenticator.objects.create(user=world[0], type="totp", data={}),
        "account/emailaddress": EmailAddress.objects.create(user=world[0], email="x@example.com"),
        "staff/invitation": Invitation.objects.create(
            email="x@example.com",
            name="X",
            role=Group.objects.first(),
            secret_hash="x",
            sent_at=timezone.now(),
            expires_at=timezone.now(),
        ),
        "staff/trailentry": TrailEntry.objects.create(person="x", action="did", kind="x", object_id="1", object="x"),
    }
    assert {model for model, one in found.items() if one is None} == set()
    return found


@pytest.mark.parametrize("model", sorted(MODELS))
def test_who_does_what_in_the_admin(world, objects, model):
    _, people = world
    look, add, change, delete = MODELS[model]
    key, page = objects[model].pk, f"/admin/{model}/"
    asked = {
        ("get", page): look,
        ("get", f"{page}{key}/change/"): look,
        ("get", f"{page}{key}/history/"): look,
        ("get", f"{page}add/"): add,
        ("post", f"{page}add/"): add,
        ("post", f"{page}{key}/change/"): change,
        ("get", f"{page}{key}/delete/"): delete,
    }
    visitors = {name: visitor(name, people, objects["orders/order"]) for name in EVERYBODY}
    for (method, address), expected in asked.items():
        found = {name for name, client in visitors.items() if got_in(getattr(client, method)(address))}
        assert found == expected, (method, address)
