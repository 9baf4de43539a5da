"""What staff note about a customer."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class CustomerNote(models.Model):
    """A note about whoever has this mail address, member or guest. Only staff read it."""

    email = models.EmailField(_("email"), db_index=True, help_text=_("In lower case."))
    body = models.TextField(_("note"), max_length=1000)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("author"), null=True, on_delete=models.SET_NULL, related_name="+"
    )
    written_at = models.DateTimeField(_("written"), default=timezone.now)
    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False, help_text=_("One for each form."))

    class Meta:
        verbose_name = _("note about a customer")
        verbose_name_plural = _("notes about customers")
        ordering = ["-written_at", "-pk"]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"  # what it says stands in no trail
