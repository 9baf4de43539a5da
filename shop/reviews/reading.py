"""The reviews on a product's page, and how many wait for staff."""

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from shop.lib.kept_briefly import kept_briefly
from shop.reviews.models import Review

SHOWN = 20
"""Reviews on a product's page: the newest."""


def section(product: int) -> SafeString:
    """The newest published reviews of a product; "" where there is none."""
    found = list(Review.objects.filter(product=product, state=Review.State.PUBLISHED).order_by("-id")[:SHOWN])
    return render_to_string("reviews/_section.html", {"reviews": found}) if found else SafeString("")


@kept_briefly()
def waiting_lately() -> int:
    """How many reviews staff have not read yet, a few seconds old at most: every page of the admin shows it."""
    return int(Review.objects.filter(state=Review.State.WAITING).count())


waiting_lately.forget_with(Review)
