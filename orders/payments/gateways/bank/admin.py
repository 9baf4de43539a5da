"""The lines of bank statements: read a file, and deal with what does not fit."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display

from events.admin import ReadOnly
from orders.lifecycle import IllegalTransition
from orders.models import Order
from orders.payments.gateways.bank import matching
from orders.payments.gateways.bank.models import BankLine
from orders.payments.gateways.bank.statements import LARGEST, BadStatement, read
from orders.staff_input import typed

BADGES = {"booked": "success", "problem": "warning", "set_aside": "info"}
PERMISSION = "orders.mark_paid"


@admin.register(BankLine)
class BankLineAdmin(ReadOnly, ModelAdmin):
    """What came in on the account. Who may mark orders as paid reads files, and books what does not fit."""

    list_display = ("day", "amount", "name", "text", "state_badge", "problem", "order_link")
    list_filter = ("state", "problem")
    search_fields = ("text", "name", "order__ref")
    list_select_related = ("order",)
    readonly_fields = ("day", "amount", "name", "text", "state", "problem", "order_link", "actor", "read_at")
    fields = readonly_fields
    change_list_template = "admin/banktransfer/bankline/change_list.html"
    change_form_outer_before_template = "admin/banktransfer/bankline/_solve.html"

    @display(description=_("state"), ordering="state", label=BADGES)
    def state_badge(self, line: BankLine) -> tuple[str, Any]:
        return line.state, line.get_state_display()

    @display(description=_("order"))
    def order_link(self, line: BankLine) -> str:
        if line.order is None:
            return ""
        return format_html('<a href="{}">{}</a>', line.order.staff_page, line.order.ref)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The page of a line has forms of its own."""
        return request.user.has_perm(PERMISSION)

    def get_urls(self) -> list[URLPattern]:
        """Plus: read a file, book a line to an order, set it aside."""
        wrap = self.admin_site.admin_view
        return [
            path("read/", wrap(self.read_file), name="banktransfer_bankline_read"),
            path("<int:pk>/assign/", wrap(self.assign), name="banktransfer_bankline_assign"),
            path("<int:pk>/set-aside/", wrap(self.set_aside), name="banktransfer_bankline_set_aside"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With the orders that it may belong to."""
        line = self.get_object(request, object_id)
        extra = dict(extra_context or {})
        if line is not None:
            extra |= {"line": line, "guesses": _guesses(line) if line.state != "booked" else []}
        response: HttpResponse = super().change_view(request, object_id, form_url, extra)
        return response

    def read_file(self, request: HttpRequest) -> HttpResponse:
        """Read a statement: all of it, or nothing."""
        back = HttpResponseRedirect(reverse("admin:banktransfer_bankline_changelist"))
        if not request.user.has_perm(PERMISSION):
            raise PermissionDenied
        file = request.FILES.get("file")
        if request.method != "POST" or file is None:
            messages.error(request, _("Please choose a file."))
            return back
        try:
            lines = read(file.read(LARGEST + 1))
        except BadStatement as problem:
            messages.error(request, str(problem))
            return back
        counts = matching.take(lines, f"staff:{request.user.pk}")
        messages.success(
            request,
            _("%(new)s new lines: %(booked)s booked, %(problem)s wait for us; %(known)s were known.")
            % (counts | {"known": len(lines) - counts["new"]}),
        )
        return back

    def assign(self, request: HttpRequest, pk: int) -> HttpResponse:
        """It is that order's money."""
        return self._solve(request, pk, lambda actor: matching.assign(pk, typed(request, "ref", 40), actor))

    def set_aside(self, request: HttpRequest, pk: int) -> HttpResponse:
        """It is no order's money."""
        return self._solve(request, pk, lambda actor: matching.set_aside(pk, actor))

    def _solve(self, request: HttpRequest, pk: int, do: Callable[[str], BankLine]) -> HttpResponse:
        if not request.user.has_perm(PERMISSION):
            raise PermissionDenied
        get_object_or_404(BankLine, pk=pk)
        if request.method == "POST":
            try:
                line = do(f"staff:{request.user.pk}")
            except IllegalTransition as refusal:
                messages.error(request, str(refusal))
            else:
                messages.success(request, line.get_state_display())
        return HttpResponseRedirect(reverse("admin:banktransfer_bankline_change", args=[pk]))


def _guesses(line: BankLine) -> list[Order]:
    """The orders that it may belong to: those that the text names, else those that wait for just this amount."""
    if named := matching.named_in(line.text):
        return named
    waiting = Order.objects.filter(
        status__in=matching.PAYABLE, total=line.amount.amount, total_currency=line.amount.currency.code
    )
    return list(waiting.order_by("-placed_at")[:5])
