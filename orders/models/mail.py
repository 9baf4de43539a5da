"""The mails that were sent about an order, as staff read them again."""

import zlib

import msgspec
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orders.models.order import Order


class Content(msgspec.Struct, frozen=True):
    """Both parts of a mail, without the token of its link."""

    text: str
    html: str


class OrderMail(models.Model):
    """One mail that was sent. A mail that waits or failed is a delivery without such a row.

    `kind` is the type of the event that it told of; `event_id` and `handler` are those of the delivery that sent it,
    which for a mail that was sent again is another event. `content` is deleted after a while, the row is not.
    """

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="mails")
    kind = models.CharField(_("kind"), max_length=80)
    event_id = models.UUIDField()
    handler = models.CharField(max_length=100)
    recipient = models.EmailField(_("recipient"), max_length=254)
    language = models.CharField(_("language"), max_length=10)
    subject = models.CharField(_("subject"), max_length=200)
    attachment = models.CharField(_("attachment"), max_length=80, blank=True)
    content = models.BinaryField(null=True)
    sent_at = models.DateTimeField(_("sent"), default=timezone.now, db_index=True)
    again = models.PositiveSmallIntegerField(default=0, help_text=_("How often staff had it sent again."))

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        ordering = ["-sent_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["event_id", "handler"], name="order_mail_once")]

    def __str__(self) -> str:
        return self.subject

    def read(self) -> Content | None:
        """What it said; None once that is deleted."""
        if self.content is None:
            return None
        return msgspec.json.decode(zlib.decompress(bytes(self.content)), type=Content)

    @staticmethod
    def packed(content: Content) -> bytes:
        """The content as it is stored: a fifth of its size."""
        return zlib.compress(msgspec.json.encode(content))
