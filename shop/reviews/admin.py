"""Reviews in admin: staff read what is new, then publish or refuse it. They change no word of it."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin
from unfold.decorators import display

from shop.reviews import writing
from shop.reviews.models import Review


@admin.register(Review)
class ReviewAdmin(ModelAdmin):
    """What waits comes first."""

    list_display = ("product", "stars_shown", "short", "name", "state_badge", "created")
    list_filter = ("state", "stars")
    list_select_related = ("product",)
    search_fields = ("product__title", "text", "name")
    fields = readonly_fields = ("product", "order", "stars_shown", "text", "name", "state", "created")
    actions = ("publish", "refuse")

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the order, which the page names."""
        return super().get_queryset(request).select_related("line__order")

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ("-state", "-pk")  # "waiting" is the last of the words

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Buyers write them."""
        return False

    @display(description=_("stars"), ordering="stars")
    def stars_shown(self, review: Review) -> str:
        return "★" * review.stars

    @display(description=_("text"))
    def short(self, review: Review) -> str:
        return review.text[:120]

    @display(description=_("order"))
    def order(self, review: Review) -> str:
        return review.line.order.ref

    @display(description=_("state"), label={"waiting": "warning", "published": "success", "refused": "danger"})
    def state_badge(self, review: Review) -> tuple[str, str]:
        return review.state, review.get_state_display()

    @admin.action(description=_("Publish"), permissions=["change"])
    def publish(self, request: HttpRequest, queryset: Any) -> None:
        """Others see them from now on."""
        self._say(request, writing.decide(queryset, Review.State.PUBLISHED))

    @admin.action(description=_("Refuse"), permissions=["change"])
    def refuse(self, request: HttpRequest, queryset: Any) -> None:
        """Nobody sees them, or sees them any more."""
        self._say(request, writing.decide(queryset, Review.State.REFUSED))

    def _say(self, request: HttpRequest, n: int) -> None:
        messages.success(request, ngettext("%(n)s review changed.", "%(n)s reviews changed.", n) % {"n": n})

    def delete_model(self, request: HttpRequest, obj: Review) -> None:
        """By the verb, which keeps the rating right."""
        writing.delete([obj])

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        writing.delete(queryset)
