"""How long deliveries took: what the promised range is measured from."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from orders.models.delivery_method import DeliveryMethod
from orders.models.order import Order


class DeliveryTime(models.Model):
    """One order that arrived: the working days from its purchase to its last parcel's delivery."""

    order = models.OneToOneField(Order, on_delete=models.CASCADE, related_name="delivery_time")
    method = models.ForeignKey(DeliveryMethod, on_delete=models.CASCADE, related_name="+")
    country = CountryField(_("country"))
    days = models.PositiveSmallIntegerField(_("working days"))
    delivered_on = models.DateField(_("delivered on"), default=timezone.localdate)

    class Meta:
        verbose_name = _("delivery time")
        verbose_name_plural = _("delivery times")
        indexes = [models.Index(fields=["country", "-delivered_on"], name="delivery_time_by_country")]

    def __str__(self) -> str:
        return f"{self.order_id}: {self.days}"
