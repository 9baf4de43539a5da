"""What staff note about an order, without moving it."""

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orders.models.order import Order


class OrderNote(models.Model):
    """An internal note. Only staff read it; who wrote it stands in the event `order.noted`."""

    order = models.ForeignKey(Order, verbose_name=_("order"), on_delete=models.CASCADE, related_name="notes")
    body = models.TextField(_("note"), max_length=1000)
    written_at = models.DateTimeField(_("written"), default=timezone.now)
    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False, help_text=_("One for each form."))

    class Meta:
        verbose_name = _("internal note")
        verbose_name_plural = _("internal notes")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"  # what it says stands in no trail
