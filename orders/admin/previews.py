"""The page on which staff read the mail of a move before they make it."""

from typing import Any, ClassVar
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from orders.admin.acting import FILTERS, filters, page_of
from orders.admin.moves import MoveActions, described
from orders.admin.questions import with_template
from orders.lifecycle import EDGES, Actor, Edge, IllegalTransition, Status, edge
from orders.models import Order, ReplyTemplate
from orders.notifications import mail, previews
from orders.staff_input import refused, typed, whole

ASKED = frozenset({"csrfmiddlewaretoken", "note", "message", "insert"})
"""The fields of the page itself. What else the form of the move had goes along unseen."""


class PreviewActions(MoveActions):
    """The moves of an order, with a look at their mails."""

    addresses: ClassVar[tuple[tuple[str, str], ...]] = (("preview/<slug:target>/", "preview"),)

    def preview(self, request: HttpRequest, object_id: str, target: str) -> HttpResponse:
        """The mail that would go with the move, and the form of the move. Only its own button makes the move."""
        order = self.order_of(request, object_id)
        if request.method != "POST":
            return HttpResponseRedirect(page_of(order, request))
        taken = edge(order.status, target)
        wanted = [each for each in EDGES if each.target == target and Actor.STAFF in each.by and _mailed(each)]
        if not wanted:
            raise Http404
        if not any(request.user.has_perm(each.permission) for each in wanted):  # type: ignore[union-attr]
            raise PermissionDenied
        if taken is None or request.POST.get("from", order.status) != order.status:
            return self._ask(request, order, taken, taken or wanted[0])
        message = whole(request, "message")
        if chosen := typed(request, "insert", 20):
            message = with_template(message, chosen, order.language)
        return self._shown(request, order, taken, message)

    def _shown(self, request: HttpRequest, order: Order, taken: Edge, message: str) -> HttpResponse:
        note, found = whole(request, "note"), None
        problem = refused("message", message) or refused("note", note)
        if not problem:
            form = request.POST.copy()
            form["message"] = message
            request.POST = form  # type: ignore[assignment]
            try:
                found = previews.of_move(order, lambda: self._take(request, order, Status(taken.target)))
            except IllegalTransition as refusal:
                problem = str(refusal)
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": _("%(ref)s: the mail that goes with “%(verb)s”") % {"ref": order.ref, "verb": taken.verb},
            "order": order,
            "move": described(taken),
            "mail": found,
            "problem": problem,
            "note": note,
            "message": message,
            "kept": [(name, value) for name, value in request.POST.items() if name not in ASKED],
            "texts": ReplyTemplate.objects.all(),
            "language_name": dict(settings.LANGUAGES).get(order.language, order.language),
            "back": page_of(order, request),
            "way": f"?{urlencode({FILTERS: filters(request)})}" if filters(request) else "",
            "opts": Order._meta,
        }
        return render(request, "admin/orders/order/preview.html", context, status=422 if problem else 200)


def _mailed(taken: Edge) -> bool:
    return bool(taken.verb) and taken.event.type in mail.SUBJECTS
