"""The page of the board."""

from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from events.live import tickets
from orders.board.presentation import present
from orders.board.read import read


@never_cache
@permission_required("orders.view_order", login_url="admin:login")
def page(request: HttpRequest) -> HttpResponse:
    with override(get_language()):
        state = present(read(timezone.now()))
    context = {**admin.site.each_context(request), "title": _("Board"), "d": state, "ticket": tickets.issue(request)}
    return render(request, "admin/board.html", context)
