"""The end of an account: the person goes, and what the law asks to be kept of their orders stays."""

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from orders.lifecycle import IN_HAND, PAYABLE
from orders.models import CustomerNote, Order, PushSubscription, Question
from orders.photos import service as photos
from shop.accounts.adapter import SessionsAdapter
from shop.accounts.domain_events import MailRequested
from shop.accounts.models import OutgoingMail, User
from shop.wishes.models import StockAlert


class Refused(ValueError):
    """This account is not deleted. The message says why."""


def delete(pk: int) -> None:
    """Delete the account and what belongs to the person alone. Raises `Refused`.

    That is: addresses, cart, wishes, sign-ins, passkeys, what browsers and alerts would tell, questions about no order,
    photos of parcels, and what staff noted. Gift notes go that nobody has to pack any more.
    Orders, payments and documents stay without an account, so tax law is kept; guests' links still open them. Events
    hold no name and no address, and none of them changes: the log verifies as before.
    """
    with transaction.atomic():
        person = User.objects.select_for_update().filter(pk=pk).first()
        if person is None:
            return  # the button was pressed twice
        if person.is_staff or person.is_superuser:
            raise Refused(_("Staff are deleted by an administrator."))
        PushSubscription.objects.filter(order__user=person).delete()
        SessionsAdapter().end_sessions(UserSession.objects.filter(user=person))
        OutgoingMail.objects.filter(recipient__iexact=person.email).delete()
        CustomerNote.objects.filter(email=person.email.lower()).delete()
        Question.objects.filter(order=None, email__iexact=person.email).delete()
        StockAlert.objects.filter(email__iexact=person.email).delete()
        photos.delete_all_of(_photographed(person))
        QuerySet(Order).filter(user=person).exclude(status__in=IN_HAND | PAYABLE).update(gift_note="")
        _say_goodbye(person.email)
        person.delete()


def _photographed(person: User) -> list[str]:
    found = Order.objects.filter(user=person, parcels__photos__isnull=False)
    return list(found.order_by().values_list("ref", flat=True).distinct())


def _say_goodbye(email: str) -> None:
    mail = OutgoingMail(
        recipient=email,
        subject=_("Your account at %(brand)s is deleted") % {"brand": settings.BRAND},
        text=_("We have deleted your account. Your orders are kept as long as the law asks, without it."),
    )
    mail.record(MailRequested(mail=mail.pk))
    mail.save()
