"""What buyers say of what they have got."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from orders.models import OrderLine
from shop.catalog.models import Product

LONGEST = 2000


class Review(models.Model):
    """Stars and a plain text of one line of a delivered order. Others see it once staff have published it."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        PUBLISHED = "published", _("published")
        REFUSED = "refused", _("refused")

    line = models.OneToOneField(OrderLine, on_delete=models.CASCADE, related_name="review")
    product = models.ForeignKey(Product, verbose_name=_("product"), on_delete=models.CASCADE, related_name="reviews")
    stars = models.PositiveSmallIntegerField(_("stars"), validators=[MinValueValidator(1), MaxValueValidator(5)])
    text = models.TextField(_("text"), max_length=LONGEST, blank=True)
    name = models.CharField(_("name"), max_length=60, help_text=_("As others see it."))
    language = models.CharField(max_length=10)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    created = models.DateTimeField(_("written"), auto_now_add=True)

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["product", "state", "-id"], name="review_of_product"),
            models.Index(fields=["state"], name="review_waiting", condition=models.Q(state="waiting")),
        ]

    def __str__(self) -> str:
        return f"{'★' * self.stars} {self.name}"

    @property
    def shown(self) -> str:
        """The stars, full and empty."""
        return "★" * self.stars + "☆" * (5 - self.stars)
