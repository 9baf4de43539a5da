"""**Undo** under the sentence that says what a list has moved."""

from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from orders.admin.acting import tell_refused
from orders.bulk import undo


class UndoMoves:
    """The part of `OrderAdmin` that takes back the moves of one press."""

    admin_site: Any

    def get_urls(self) -> list[URLPattern]:
        """Its address, before those of Django."""
        view = self.admin_site.admin_view(self.undo_moves)
        return [
            path("undo-moves/", view, name="orders_order_undo_moves"),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def undo_moves(self, request: HttpRequest) -> HttpResponse:
        """Undo the moves of the form, and return to the list from which they were made."""
        listed = reverse("admin:orders_order_changelist")
        if request.method != "POST":
            return HttpResponseRedirect(listed)
        try:
            moves = undo.opened(request.POST.get("moves", ""), request.user)
        except signing.BadSignature:
            messages.error(request, _("This button is too old, or was changed. Nothing was undone."))
            return HttpResponseRedirect(listed)
        back, refused = undo.take_back(moves, request.user)
        if back:
            said = ngettext("Undone: %(n)s order is as it was.", "Undone: %(n)s orders are as they were.", len(back))
            messages.success(request, said % {"n": len(back)})
        tell_refused(request, refused)
        return HttpResponseRedirect(f"{listed}?{moves.query}" if moves.query else listed)
