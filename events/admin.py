"""The backbone in admin: look at events and deliveries, and retry dead letters."""

from typing import Any

import msgspec
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display

from events.delivery import dead_letters
from events.log.envelope import BadEnvelope
from events.models import Delivery, DeliveryQuerySet, Event
from events.operations.replay import Range, replay


class ReadOnly:
    """Looked at in admin, changed elsewhere. A mixin for admins and inlines."""

    def has_add_permission(self, *args: Any) -> bool:
        return False

    def has_delete_permission(self, *args: Any) -> bool:
        return False


class DeliveryInline(ReadOnly, TabularInline):
    """The deliveries of an event, on its page."""

    model = Delivery
    fields = readonly_fields = (
        "handler",
        "state",
        "attempts",
        "notifications",
        "due_at",
        "acknowledged_at",
        "last_error",
    )
    extra = 0

    def has_change_permission(self, *args: Any) -> bool:
        return False


@admin.register(Event)
class EventAdmin(ReadOnly, ModelAdmin):
    """The log."""

    list_display = ("recorded_at", "stream", "seq", "type", "version", "kid")
    list_filter = ("type",)
    search_fields = ("stream", "=id")
    ordering = ("-recorded_at", "-id")
    show_full_result_count = False
    inlines = (DeliveryInline,)
    fields = ("id", "stream", "seq", "type", "version", "recorded_at", "kid", "content")
    readonly_fields = fields

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: it is signed."""
        return False

    @display(description=_("content"))
    def content(self, event: Event) -> str:
        """The CloudEvent as JSON, or why it cannot be trusted."""
        try:
            text = msgspec.json.format(msgspec.json.encode(event.cloud_event()), indent=2).decode()
        except BadEnvelope as problem:
            text = str(problem)
        return format_html('<pre style="white-space:pre-wrap;overflow-wrap:anywhere">{}</pre>', text)


class StateFilter(admin.SimpleListFilter):
    """By state; states are predicates, not a column."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("pending", _("pending")), ("dead-lettered", _("dead-lettered")), ("done", _("done"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> QuerySet[Delivery]:
        assert isinstance(queryset, DeliveryQuerySet)
        if self.value() == "pending":
            return queryset.pending()
        if self.value() == "dead-lettered":
            return queryset.dead_letters()
        if self.value() == "done":
            return queryset.filter(acknowledged_at__isnull=False)
        return queryset


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly, ModelAdmin):
    """Who has seen what."""

    list_display = (
        "handler",
        "stream",
        "seq",
        "state_badge",
        "attempts",
        "notifications",
        "due_at",
        "acknowledged_at",
        "error",
    )
    list_filter = (StateFilter, "handler")
    search_fields = ("stream",)
    ordering = ("-pk",)
    show_full_result_count = False
    actions = ("retry", "replay_stream")
    readonly_fields = tuple(f.name for f in Delivery._meta.fields)

    def has_change_permission(self, request: HttpRequest, obj: Delivery | None = None) -> bool:
        """The actions ask without a delivery.

        One delivery is never saved: that would write back what a worker has changed since.
        """
        return obj is None and bool(super().has_change_permission(request))  # type: ignore[misc]

    @display(
        description=_("state"),
        label={"done": "success", "skipped": "info", "dead-lettered": "danger", "pending": "warning"},
    )
    def state_badge(self, delivery: Delivery) -> str:
        return delivery.state

    @display(description=_("last error"))
    def error(self, delivery: Delivery) -> str:
        return delivery.last_error[:80]

    def has_replay_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("events.replay_delivery")

    @admin.action(description=_("Process dead letters again"), permissions=["change"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        """Process the dead letters of the chosen deliveries' ordered queues again."""
        lines = {(d.handler, d.stream) for d in queryset}
        for delivery in queryset:
            self.log_change(request, delivery, "Processed again.")  # type: ignore[attr-defined]
        count = sum(dead_letters.retry(handler, stream) for handler, stream in lines)
        messages.success(
            request,
            ngettext("%(n)s dead letter is processed again.", "%(n)s dead letters are processed again.", count)
            % {"n": count},
        )

    @admin.action(description=_("Replay the whole stream"), permissions=["replay"])
    def replay_stream(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        """Have the handler see all of the stream again."""
        for handler, stream in sorted({(d.handler, d.stream) for d in queryset}):
            try:
                count = replay(handler, Range(stream)).opened
            except LookupError as problem:
                messages.error(request, str(problem))
                continue
            first = queryset.filter(handler=handler, stream=stream).first()
            self.log_change(request, first, f"{handler} sees {stream} again: {count} events.")  # type: ignore[misc]
            messages.success(
                request,
                ngettext(
                    "%(handler)s sees %(n)s event of %(stream)s again.",
                    "%(handler)s sees %(n)s events of %(stream)s again.",
                    count,
                )
                % {"handler": handler, "n": count, "stream": stream},
            )
