"""The ways to send a parcel."""

from datetime import date

from django.db import models
from django.utils.translation import gettext_lazy as _

from orders.models.fields import price_field


class DeliveryMethod(models.Model):
    """A way to send a parcel, what it costs, and what may be promised."""

    code = models.SlugField(_("code"), unique=True)
    title = models.CharField(_("title"), max_length=80)
    carrier = models.CharField(_("carrier"), max_length=60)
    price = price_field(_("price"))
    min_days = models.PositiveSmallIntegerField(_("working days, at least"), default=2)
    max_days = models.PositiveSmallIntegerField(_("working days, at most"), default=4)
    active = models.BooleanField(_("offered"), default=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("delivery method")
        verbose_name_plural = _("delivery methods")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.title


def promised(method: DeliveryMethod, today: date) -> tuple[date, date]:
    """The first and last day that `method` promises for an order of `today`: working days, Monday to Friday."""
    from datetime import timedelta

    def after(days: int) -> date:
        day = today
        while days:
            day += timedelta(days=1)
            days -= day.weekday() < 5
        return day

    return after(method.min_days), after(method.max_days)
