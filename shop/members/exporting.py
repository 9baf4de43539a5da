"""All that is known of a person, for a file that they can read and take elsewhere (GDPR, articles 15 and 20)."""

from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse

from orders.models import Message, Order, OrderMail, PushSubscription
from orders.models.photo import is_kept
from shop.accounts.models import User
from shop.cart.models import CartLine
from shop.reviews.models import Review
from shop.wishes.models import SharedList, StockAlert, Wish

LINE = ("sku", "title", "quantity", "cancelled", "unit_price", "discount")
CONTACT = ("email", "name", "company", "vat_number", "address", "postal_code", "city", "region")
SUMS = ("subtotal", "discount", "delivery_price", "tax", "total", "captured", "refunded")


def everything(person: User) -> dict[str, Any]:
    """Account, addresses, sign-ins, cart, wishes, what they wrote, and orders.

    Secrets of the sign-in are left out, so are staff's own notes.
    """
    return {
        "account": {
            "email": person.email,
            "first_name": person.first_name,
            "last_name": person.last_name,
            "joined": person.date_joined,
            "last_sign_in": person.last_login,
            "switched_off": person.silenced,
            "mail_addresses": list(EmailAddress.objects.filter(user=person).values("email", "verified", "primary")),
            "second_factors": list(Authenticator.objects.filter(user=person).values("type", "created_at")),
        },
        "saved_addresses": [each.fields | {"default": each.is_default} for each in person.saved_addresses.all()],
        "sign_ins": list(UserSession.objects.filter(user=person).values("created_at", "ip", "user_agent")),
        "cart": list(CartLine.objects.filter(cart__user=person).values("variant__sku", "quantity")),
        "browsers_that_are_told": list(
            PushSubscription.objects.filter(order__user=person).values("order__ref", "endpoint", "created_at")
        ),
        "wishes": list(Wish.objects.filter(user=person).values_list("product__slug", flat=True)),
        "shared_wish_list": list(SharedList.objects.filter(user=person).values("title", "is_open")),
        "stock_alerts": list(
            StockAlert.objects.alias(of=Lower("email")).filter(of__in=_confirmed(person)).values("sku", "created_at")
        ),
        "reviews": list(
            Review.objects.filter(line__order__user=person).values(
                "product__slug", "stars", "text", "name", "state", "created"
            )
        ),
        "questions": list(
            Message.objects.alias(asker=Lower("question__email"))
            .filter(Q(question__order__user=person) | Q(question__order=None, asker__in=_confirmed(person)))
            .values("question__key", "from_shop", "text", "at")
        ),
        "mails": list(OrderMail.objects.filter(order__user=person).values("recipient", "subject", "sent_at")),
        "orders": [_order(order) for order in _orders(person)],
    }


def _confirmed(person: User) -> list[str]:
    """What was written under an address that nobody has confirmed may be somebody else's."""
    found = EmailAddress.objects.filter(user=person, verified=True)
    return [address.lower() for address in found.values_list("email", flat=True)]


def _orders(person: User) -> Any:
    found = Order.objects.filter(user=person).order_by("placed_at")
    parts = ("lines", "payments__refunds", "parcels__scans", "returns__lines__line", "documents")
    return found.select_related("delivery_method").prefetch_related(*parts)


def _order(order: Order) -> dict[str, Any]:
    return {
        "reference": order.ref,
        "status": order.status,
        "placed": order.placed_at,
        "language": order.language,
        **{name: getattr(order, name) for name in CONTACT},
        "country": order.country.code,
        "delivery": order.delivery_title,
        **{name: str(getattr(order, name)) for name in SUMS},
        "gift": order.is_gift,
        "gift_note": order.gift_note,
        "lines": [{name: _plain(getattr(line, name)) for name in LINE} for line in order.lines.all()],
        "timeline": [
            {"status": entry["status"], "at": entry["at"], "message": entry.get("message", "")}
            for entry in order.timeline
        ],
        "payments": [
            {
                "by": payment.gateway,
                "amount": str(payment.amount),
                "state": payment.state,
                "at": payment.created,
                "refunds": [{"amount": str(refund.amount), "state": refund.state} for refund in payment.refunds.all()],
            }
            for payment in order.payments.all()
        ],
        "parcels": [
            {
                "carrier": parcel.carrier,
                "tracking": parcel.tracking,
                "scans": [{"kind": s.kind, "at": s.at, "place": s.place} for s in parcel.scans.all()],
                "photos": [
                    each | {"address": settings.SITE_URL + reverse("orders:photo", args=[order.ref, each["id"]])}
                    for each in parcel.photo_list
                    if is_kept(datetime.fromisoformat(each["at"]))
                ],
            }
            for parcel in order.parcels.all()
        ],
        "returns": [
            {
                "number": each.number,
                "state": each.state,
                "reason": each.reason,
                "wish": each.wish,
                "comment": each.comment,
                "answer": each.answer,
                "lines": [{"title": row.line.title, "quantity": row.quantity} for row in each.lines.all()],
            }
            for each in order.returns.all()
        ],
        "documents": [{"kind": paper.kind, "number": paper.number} for paper in order.documents.all()],
    }


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | str) else str(value)
