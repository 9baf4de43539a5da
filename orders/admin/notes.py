"""What staff write on an order's page: an internal note, and the first message to the shopper."""

from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from orders import notes
from orders.admin.acting import Acting, page_of
from orders.models import Order
from orders.questions import service
from orders.staff_input import typed, written


class NoteActions(Acting):
    """The addresses to which they go."""

    addresses: ClassVar[tuple[tuple[str, str], ...]] = (("note/", "note"), ("write/", "write"))
    has_change_permission: Any

    def write(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """To the conversation with the shopper, which begins here if nobody has asked anything."""
        order = self.order_of(request, object_id)
        if not request.user.has_perms(("orders.view_question", "orders.answer_question")):  # type: ignore[union-attr]
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseRedirect(page_of(order, request))
        question = service.conversation(order)
        return HttpResponseRedirect(reverse("admin:orders_question_change", args=[question.pk]))

    def note(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Keep what was typed. Whoever does anything to orders may write a note."""
        if not self.has_change_permission(request):
            raise PermissionDenied

        def do(order: Order, actor: str) -> str:
            new = notes.keep(order.ref, written(request, "note"), typed(request, "key", 40), actor)
            return _("The note is kept.") if new else ""

        return self.act(request, object_id, "orders.view_order", do)
