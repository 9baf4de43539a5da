"""Bulk moves in admin: a list of one's own, and the page on which one is watched, stopped and read again."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display

from events.admin import ReadOnly
from events.live import tickets
from events.models import Delivery, Log
from orders.bulk import work
from orders.bulk.presentation import present, sentence
from orders.models import BulkMove

REASONS = 100
"""Refusals on a page."""
BADGES = {
    BulkMove.State.RUNNING: "info",
    BulkMove.State.DONE: "success",
    BulkMove.State.STOPPED: "warning",
    BulkMove.State.NO_RIGHT: "danger",
}


class Whose(SimpleListFilter):
    """One's own moves, unless everybody's are asked for."""

    title = _("whose")
    parameter_name = "whose"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Everybody's; one's own are what the list begins with."""
        return [("all", _("Everybody's"))]

    def choices(self, changelist: Any) -> Any:
        """Called by what they show."""
        own, *others = super().choices(changelist)
        yield own | {"display": _("My own")}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[BulkMove]) -> QuerySet[BulkMove]:
        """Those of the person, or all."""
        return queryset if self.value() == "all" else queryset.filter(person=request.user.pk)


@admin.register(BulkMove)
class BulkMoveAdmin(ReadOnly, ModelAdmin):
    """What was moved by the hundred, by whom, and what was not."""

    list_display = ("target", "state_badge", "result", "person", "started_at", "ended_at")
    list_filter = (Whose, "state", "target")
    list_select_related = ("person",)
    list_per_page = 50
    show_full_result_count = False
    change_form_outer_before_template = "admin/orders/bulkmove/_progress.html"
    fields = readonly_fields = ("person", "target", "query", "note", "message", "asked_at", "started_at", "ended_at")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        """With the address that stops one."""
        stop = path("<int:pk>/stop/", self.admin_site.admin_view(self.stop), name="orders_bulkmove_stop")
        return [stop, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With how far it is, what it left, and the button that stops it."""
        move = self.get_object(request, object_id)
        extra = dict(extra_context or {})
        if move is not None and self.has_view_permission(request, move):
            refusals = Paginator(move.refusals.select_related("order"), REASONS)
            listed = reverse("admin:orders_order_changelist")
            extra |= {
                "title": _("Bulk move: %(status)s") % {"status": move.get_target_display()},
                "move": move,
                "d": present(move.progress()),
                "refusals": refusals.get_page(request.GET.get("refusals")),
                "list_url": f"{listed}?{move.query}" if move.query else listed,
                "stuck": move.running and Delivery.objects.dead_letters().filter(stream=move.stream).exists(),
                "may_stop": move.running and self._may_stop(request, move),
                "epoch": Log.recent_epoch(),
                "ticket": tickets.issue(request),
            }
        answer: HttpResponse = super().change_view(request, object_id, form_url, extra)
        return answer

    def stop(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Move no more of its orders. What was moved stays as it is."""
        move = BulkMove.objects.filter(pk=pk).first()
        if not self.has_view_permission(request):
            raise PermissionDenied
        if move is None:
            raise Http404
        if not self._may_stop(request, move):
            raise PermissionDenied
        if request.method == "POST" and not work.stop(pk, f"staff:{request.user.pk}"):
            messages.warning(request, _("It had ended before."))
        return HttpResponseRedirect(move.staff_page)

    def _may_stop(self, request: HttpRequest, move: BulkMove) -> bool:
        """Whoever has started it, and whoever might have."""
        return move.person_id == request.user.pk or bool(request.user.has_perm(move.permission))  # type: ignore[union-attr]

    @display(description=_("state"), ordering="state", label={str(s): colour for s, colour in BADGES.items()})
    def state_badge(self, move: BulkMove) -> tuple[str, Any]:
        return move.state, move.get_state_display()

    @display(description=_("result"))
    def result(self, move: BulkMove) -> str:
        """How many were moved, and how many not."""
        return sentence(move.progress())
