"""The order's page in admin: a part is sent, a number corrected, a scan said by hand."""

import pytest
from django.urls import reverse

from orders.models import Order, Parcel, Scan
from orders.shipping import parcels
from tests.orders.conftest import admin_page, member_of, move_url
from tests.support.factories import DeliveryMethodFactory

pytestmark = pytest.mark.slow


@pytest.fixture
def staff(client, db):
    client.force_login(member_of("Fulfilment"))
    return client


def lines(order, *quantities):
    return {f"line-{line.pk}": str(n) for line, n in zip(order.lines.all(), quantities, strict=True)}


def ship(staff, order, **form):
    return staff.post(move_url(order, "shipped"), form, follow=True)


def test_a_part_goes_with_its_number_and_the_page_says_what_is_left(staff, order):
    page = ship(staff, order, tracking="A1", seen="0", **lines(order, 2, 0)).content.decode()
    assert Order.objects.get().status == "partly_shipped"
    assert "2 × Thing 0" in page
    assert "of 1 × Thing 0" in " ".join(page.split()).replace("</span>", "")
    ship(staff, order, tracking="A2", seen="1")
    assert Order.objects.get().status == "shipped"


def test_a_double_click_sends_one_part(staff, order):
    for _ in range(2):
        page = ship(staff, order, seen="0", **lines(order, 1, 0)).content.decode()
    assert Parcel.objects.count() == 1
    assert "A parcel was sent meanwhile." in page


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"0": "4"}, "3 of “Thing 0” can still be sent, not 4."),
        ({"0": "-1"}, "“-1” is no whole number."),
        ({"0": "1.5"}, "“1.5” is no whole number."),
        ({"0": "٣"}, "“٣” is no whole number."),
        ({"method": "99999"}, "This delivery method is gone."),
        ({"tracking": "x" * 61}, "This is no tracking number."),
        ({"seen": "?"}, "“?” is no whole number."),
    ],
)
def test_what_cannot_be_sent_is_said_and_nothing_is(staff, order, changed, said):
    form = lines(order, 1, 1) | {"seen": "0"}
    form |= {name: value for name, value in changed.items() if name != "0"}
    if "0" in changed:
        form[next(iter(form))] = changed["0"]
    assert said in ship(staff, order, **form).content.decode()
    assert not Parcel.objects.exists()


def test_another_carrier_is_chosen_in_the_form(staff, order):
    swift = DeliveryMethodFactory(code="swift", title="Swift", carrier="Swift Courier")
    ship(staff, order, method=str(swift.pk), seen="0")
    assert Parcel.objects.get().carrier == "Swift Courier"


@pytest.fixture
def parcel(order):
    parcels.send(order.ref, None, actor="staff:1", tracking="OLD")
    return Parcel.objects.get()


def act(client, parcel, what, **form):
    address = reverse(f"admin:orders_order_{what}", args=[parcel.order_id, parcel.pk])
    return client.post(address, form, follow=True)


def test_a_number_is_corrected(staff, parcel):
    act(staff, parcel, "tracking", tracking="NEW 1")
    parcel.refresh_from_db()
    assert parcel.tracking == "NEW1"
    assert "NEW1" in staff.get(admin_page(parcel.order)).content.decode()


def test_where_it_is_is_said_by_hand_once(staff, parcel):
    for _ in range(2):
        act(staff, parcel, "scan", kind="delivered")
    assert Scan.objects.filter(kind="delivered").count() == 1
    assert Order.objects.get().status == "delivered"


@pytest.mark.parametrize("kind", ["", "pre_transit", "exploded"])
def test_what_is_no_place_is_refused(staff, parcel, kind):
    assert "Please choose where the parcel is." in act(staff, parcel, "scan", kind=kind).content.decode()
    assert Scan.objects.count() == 1


def test_a_parcel_of_another_order_is_not_found(staff, parcel):
    from tests.orders.shipping.conftest import prepared

    other = prepared(1)
    address = reverse("admin:orders_order_scan", args=[other.pk, parcel.pk])
    assert staff.post(address, {"kind": "delivered"}).status_code == 404


@pytest.mark.parametrize("what", ["tracking", "scan"])
def test_who_may_only_look_changes_nothing(client, parcel, what):
    client.force_login(member_of("Support"))
    assert act(client, parcel, what, tracking="X", kind="delivered").status_code == 403
