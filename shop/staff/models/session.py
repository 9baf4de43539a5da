"""Where a member of staff is signed in."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class StaffSession(models.Model):
    """A browser in which somebody of the staff signed in. Its session itself is Django's, of the same `key`."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("person"), on_delete=models.CASCADE, related_name="staff_sessions"
    )
    key = models.CharField(max_length=40, unique=True)
    device = models.CharField(_("device"), max_length=300, blank=True)
    address = models.CharField(_("from"), max_length=45, blank=True)
    began_at = models.DateTimeField(_("signed in"), default=timezone.now)
    seen_at = models.DateTimeField(_("last seen"), default=timezone.now)

    class Meta:
        verbose_name = _("session of staff")
        verbose_name_plural = _("sessions of staff")
        ordering = ["-seen_at"]

    def __str__(self) -> str:
        return self.device
