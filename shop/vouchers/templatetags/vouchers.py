"""`{% voucher_banner as promotion %}`: the promotion that the home page tells of."""

from django import template
from django.db.models import Q
from django.utils import timezone

from shop.vouchers.models import Promotion

register = template.Library()


@register.simple_tag
def voucher_banner() -> Promotion | None:
    """The newest that is in the banner and runs now; None without one. One query."""
    now = timezone.now()
    running = Promotion.objects.filter(active=True, in_banner=True)
    running = running.filter(Q(starts=None) | Q(starts__lte=now), Q(ends=None) | Q(ends__gt=now))
    return running.order_by("-pk").first()
