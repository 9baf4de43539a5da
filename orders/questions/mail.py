"""Mails of questions: what staff answered, and the confirmation of a withdrawal."""

from django.core.mail import EmailMultiAlternatives
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from events.log.envelope import Received
from orders import access_links
from orders.access_links import Strength
from orders.models import Message, Question
from orders.notifications.mail import headers
from orders.templatetags.shop_terms import contact_address
from shop.lib import letters


def send(event: Received) -> None:
    """Mail the message of an event; a question of the shopper only if it withdraws from a contract."""
    if event.type == "question.asked" and not event.data.withdraws:
        return
    message = Message.objects.select_related("question__order").filter(pk=event.data.message).first()
    if message is None:
        return  # it was deleted since
    before = message.question.messages.filter(pk__lt=message.pk, from_shop=False).last()
    letter(message.question, message, before.text if before and message.from_shop else "", event).send()


def letter(question: Question, message: Message, asked: str, event: Received) -> EmailMultiAlternatives:
    """The mail of a message. A member signs in to answer; a guest has a link to the order."""
    order = question.order
    with override(question.language):
        subject = _("We have received your withdrawal") if message.withdraws else _("Our answer to your question")
        if not message.withdraws and not asked:
            subject = _("A message about your order")
        strength = Strength.LOOK if order is not None and order.user_id else Strength.ACT
        context = {
            "question": question,
            "ref": order.ref if order is not None else "",
            "text": message.text,
            "asked": asked,
            "withdraws": message.withdraws,
            "at": formats.date_format(timezone.localtime(message.at), "DATETIME_FORMAT"),
            "link": access_links.url(order, strength) if order is not None else "",
        }
        return letters.compose(
            "mail/question",
            context,
            subject=f"{subject} ({order.ref})" if order is not None else subject,
            to=order.email if order is not None else question.email,
            headers=headers(event),
            reply_to=[contact_address()],
        )
