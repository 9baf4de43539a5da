"""A role refunds no more than its limit, by whichever door, alone or together with others."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.urls import reverse
from djmoney.money import Money

from orders import limits
from orders.lifecycle import Actor, IllegalTransition, Status
from orders.models import Order, Payment, Refund, Return, RoleLimit
from orders.payments import service as payments
from orders.returns import service as returns
from orders.transitions import transition
from tests.orders.conftest import admin_page, member_of, move_url
from tests.orders.returns.conftest import eur, lines, paid
from tests.orders.test_bulk_moves import ask, sent_by
from tests.support.factories import make_order
from tests.support.together import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
LIST = "/admin/orders/order/"
AT_ONCE = "Your role may refund up to €10.00 for an order at once. Ask somebody with the role Manager."
IN_ALL = "Your role may refund up to €15.00 for an order in all; €10.00 have gone back already."


def limit(role="Support", currency="EUR", **most):
    return RoleLimit.objects.create(role=Group.objects.get(name=role), currency=currency, **most)


@pytest.fixture
def clerk(client):
    """Somebody of Support, which may refund 10 at once and 15 in all."""
    limit(at_once=10, in_all=15)
    client.force_login(member_of("Support"))
    return client


@pytest.fixture
def order(db):
    """Three things for 10.00 together, one for 10.00, delivery 4.90: 24.90, paid by card."""
    return paid(3, 1)


def refund(client, order, amount):
    payment = order.payments.get()
    address = reverse("admin:orders_order_refund", args=[order.pk, payment.pk])
    return client.post(address, {"amount": amount}, follow=True).content.decode()


def requested():
    return [each.amount for each in Refund.objects.order_by("pk")]


def failed(order, amount):
    return Refund.objects.create(payment=order.payments.get(), amount=eur(amount), state=Refund.State.FAILED)


# -- The doors, one by one ------------------------------------------------------------------------


def test_a_part_up_to_the_limit_goes_back_and_a_cent_more_does_not(clerk, order):
    assert AT_ONCE in refund(clerk, order, "10.01")
    assert requested() == []
    refund(clerk, order, "10.00")
    assert requested() == [eur("10.00")]


def test_parts_together_stay_below_the_limit_of_the_order(clerk, order):
    refund(clerk, order, "10.00")
    assert IN_ALL in refund(clerk, order, "5.01")
    refund(clerk, order, "5.00")
    assert requested() == [eur("10.00"), eur("5.00")]


def test_what_somebody_else_gave_back_counts(clerk, order):
    payments.request_refund(order.payments.get().pk, eur("10.00"), f"staff:{member_of('Manager').pk}")
    assert IN_ALL in refund(clerk, order, "6.00")
    assert requested() == [eur("10.00")]


def test_lines_above_the_limit_are_not_taken_out(clerk, order):
    fields = {f"line-{pk}": str(n) for pk, n in lines(order, 3, 0).items()}
    fields |= {"kind": "cancelled", "reason": "wish", "seen": "0"}
    address = reverse("admin:orders_order_reverse", args=[order.pk])
    said = clerk.post(address, fields | {"delivery": "on"}, follow=True).content.decode()
    assert AT_ONCE in said
    assert requested() == []
    assert order.reversals.count() == 0
    clerk.post(address, fields)
    assert requested() == [eur("10.00")]


def test_a_return_above_the_limit_waits_for_somebody_else(clerk, order):
    from orders.shipping import parcels

    parcels.send(order.ref, None, actor="staff:1")
    QuerySet(Order).filter(pk=order.pk).update(country="DE")
    made = Return.objects.create(order=order, place=1, reason="fit", state="received")
    for pk, n in lines(order, 3, 1).items():
        made.lines.create(line_id=pk, quantity=n)
    address = reverse("admin:orders_order_move_return", args=[order.pk, 1, "refunded"])
    assert AT_ONCE in clerk.post(address, follow=True).content.decode()
    made.refresh_from_db()
    assert (made.state, requested()) == ("received", [])
    assert returns.pay_back(order.ref, 1, actor=f"staff:{member_of('Manager').pk}").state == "refunded"


@pytest.mark.parametrize("target", [Status.CANCELLED, Status.REFUNDED])
def test_an_order_above_the_limit_is_neither_cancelled_nor_refunded(clerk, order, target):
    asked = clerk.post(move_url(order, target)).content.decode()
    assert AT_ONCE in asked
    assert "<button" not in asked.split('class="db-moves"')[1].split("</form>")[0]
    said = clerk.post(move_url(order, target), {"confirmed": "1"}, follow=True).content.decode()
    assert AT_ONCE in said
    assert Order.objects.get(pk=order.pk).status == Status.PREPARING


def test_the_rest_of_an_order_counts_what_is_authorised(clerk):
    order = paid(3, 1, state=Payment.State.AUTHORISED)
    assert AT_ONCE in clerk.post(move_url(order, Status.CANCELLED), {"confirmed": "1"}, follow=True).content.decode()


def test_an_order_below_the_limit_is_cancelled_by_the_same_clerk(clerk, order):
    RoleLimit.objects.update(at_once=25, in_all=25)
    clerk.post(move_url(order, Status.CANCELLED), {"confirmed": "1"})
    assert Order.objects.get(pk=order.pk).status == Status.CANCELLED


def test_an_order_that_nobody_paid_is_cancelled_whatever_the_limit(clerk):
    RoleLimit.objects.update(at_once=0, in_all=0)
    order = make_order()
    clerk.post(move_url(order, Status.CANCELLED), {"confirmed": "1"})
    assert Order.objects.get(pk=order.pk).status == Status.CANCELLED


def test_of_many_orders_those_above_the_limit_stay_and_the_page_says_so_before(clerk, order):
    unpaid = make_order()
    page = ask(clerk, "cancelled", [order, unpaid])
    assert "Above the limit of your role, and will be left as they are: 1" in page
    assert "Will move: 1" in page
    said = clerk.post(LIST, sent_by(page), follow=True).content.decode()
    assert AT_ONCE in said
    statuses = {each.pk: each.status for each in Order.objects.all()}
    assert statuses == {order.pk: Status.PREPARING, unpaid.pk: Status.CANCELLED}


def test_a_crafted_bulk_form_without_the_page_is_held_too(clerk, order):
    clerk.post(LIST, {"action": "bulk_cancelled", "_selected_action": [order.pk], "confirmed": "1"})
    assert Order.objects.get(pk=order.pk).status == Status.PREPARING


def test_a_failed_refund_above_the_limit_is_tried_again_by_somebody_else(clerk, order):
    address = reverse("admin:orders_order_again", args=[order.pk, failed(order, "12.00").pk])
    assert AT_ONCE in clerk.post(address, follow=True).content.decode()
    assert len(requested()) == 1
    clerk.post(reverse("admin:orders_order_again", args=[order.pk, failed(order, "9.00").pk]))
    assert requested()[-1] == eur("9.00")
    assert Refund.objects.last().state == "requested"


def test_what_was_returned_by_hand_is_booked_within_the_limit(clerk, order):
    Payment.objects.update(session=None)
    transition(order.ref, Status.CANCELLED, by=Actor.STAFF, actor=f"staff:{member_of('Manager').pk}")
    address = reverse("admin:orders_order_returned", args=[order.pk])
    assert AT_ONCE in clerk.post(address, follow=True).content.decode()
    assert requested() == []
    RoleLimit.objects.update(at_once=25, in_all=25)
    clerk.post(address)
    assert requested() == [eur("24.90")]


def test_an_order_above_the_limit_is_not_marked_as_paid(client):
    limit("Manager", mark_paid=20)
    client.force_login(member_of("Manager"))
    order = make_order()
    said = "Your role may mark orders as paid up to €20.00. Ask the owner of the shop."
    assert said in client.get(admin_page(order)).content.decode()
    assert said in client.post(move_url(order, Status.PAID), follow=True).content.decode()
    client.post(LIST, {"action": "bulk_paid", "_selected_action": [order.pk], "confirmed": "1"})
    assert Order.objects.get().status == Status.PLACED
    RoleLimit.objects.update(mark_paid="24.90")
    client.post(move_url(order, Status.PAID))
    assert Order.objects.get().status == Status.PAID


# -- Whose limit counts ---------------------------------------------------------------------------


def most(person, permission=limits.REFUND, currency="EUR"):
    return limits.of(person, permission, currency).at_once


def test_of_several_roles_the_highest_limit_counts():
    limit("Support", at_once=10)
    limit("Manager", at_once=50)
    assert most(member_of("Support", "Manager")) == 50
    assert most(member_of("Support")) == 10


def test_a_role_without_a_limit_beats_one_with():
    limit("Support", at_once=10)
    assert most(member_of("Support", "Manager")) is None


def test_a_role_that_may_not_refund_lifts_no_limit():
    limit("Support", at_once=10)
    assert most(member_of("Support", "Fulfilment")) == 10


def test_a_role_with_limits_refunds_in_no_other_currency():
    limit("Support", at_once=10)
    assert most(member_of("Support"), currency="USD") == 0


def test_nobody_limits_a_superuser_or_a_right_without_a_role():
    limit("Support", at_once=10)
    person = member_of("Support")
    person.user_permissions.add(Permission.objects.get(codename="refund_order"))
    assert most(person) is None
    person = member_of("Support")
    person.is_superuser = True
    assert most(person) is None


def test_a_limit_of_cancelling_is_that_of_the_role_that_cancels():
    limit("Support", at_once=10)
    other = Group.objects.create(name="Cancels")
    other.permissions.add(Permission.objects.get(codename="cancel_order"))
    limit("Cancels", at_once=20)
    assert most(member_of("Support", "Cancels"), "orders.cancel_order") == 20
    assert most(member_of("Support", "Cancels")) == 10


def test_shoppers_gateways_and_the_shop_itself_have_no_limit(clerk, order):
    QuerySet(Order).filter(pk=order.pk).update(status=Status.PAID)
    transition(order.ref, Status.CANCELLED, by=Actor.SHOPPER, actor="shopper")
    payments.refund_payments(order)
    assert requested() == [eur("24.90")]


# -- The form, and two at once --------------------------------------------------------------------


def test_the_form_says_the_limit_before(clerk, order):
    page = clerk.get(admin_page(order)).content.decode()
    said = "Your role may refund up to €10.00 for an order at once. "
    said += "Your role may refund up to €15.00 for an order in all; €0.00 have gone back already."
    assert page.count(said) == 2  # beside the payment, and beside the lines


def test_without_a_limit_the_form_says_nothing_of_it(client, order):
    client.force_login(member_of("Support"))
    assert "Your role may" not in client.get(admin_page(order)).content.decode()


@pytest.mark.django_db(transaction=True)
def test_two_clerks_at_once_refund_no_more_than_one_of_them_may():
    limit(at_once=10, in_all=15)
    clerks = [member_of("Support") for _ in range(4)]
    order = paid(3, 1)
    payment = order.payments.get().pk

    def by(clerk):
        def work():
            try:
                payments.request_refund(payment, eur("10.00"), f"staff:{clerk.pk}")
            except IllegalTransition:
                return "refused"
            return "asked"

        return work

    assert sorted(at_once(*map(by, clerks))) == ["asked", "refused", "refused", "refused"]
    assert requested() == [eur("10.00")]


@pytest.mark.parametrize(("currency", "amount"), [("EUR", "1.005"), ("JPY", "10.5"), ("EUR", "-1")])
def test_a_limit_is_an_amount_of_its_currency(currency, amount):
    with pytest.raises(ValidationError):
        RoleLimit(role=Group.objects.first(), currency=currency, at_once=amount).full_clean()


def test_money_of_a_transfer_that_the_order_never_wanted_goes_back_without_a_limit(order):
    limit("Manager", at_once=1, in_all=1)
    actor = f"staff:{member_of('Manager').pk}"
    payments.book_transfer(
        order.ref, Money(5, "EUR"), gateway="transfer", reference="x", received_on=order.placed_at.date(), actor=actor
    )
    assert requested() == [eur("5.00")]
