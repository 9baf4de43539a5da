"""An internal note on an order's page."""

from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from orders import notes
from orders.admin.acting import Acting
from orders.models import Order
from orders.staff_input import typed, written


class NoteActions(Acting):
    """The address to which a note goes."""

    addresses: ClassVar[tuple[tuple[str, str], ...]] = (("note/", "note"),)
    has_change_permission: Any

    def note(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Keep what was typed. Whoever does anything to orders may write a note."""
        if not self.has_change_permission(request):
            raise PermissionDenied

        def do(order: Order, actor: str) -> str:
            new = notes.keep(order.ref, written(request, "note"), typed(request, "key", 40), actor)
            return _("The note is kept.") if new else ""

        return self.act(request, object_id, "orders.view_order", do)
