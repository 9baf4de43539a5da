"""**Sessions** in admin: where each person is signed in. Everybody ends their own, a superuser those of everybody."""

from collections import defaultdict
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib import admin, messages
from django.contrib.auth import update_session_auth_hash
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from shop.accounts.models import User
from shop.lib.typed_text import whole_number
from shop.staff import devices, sessions, trail
from shop.staff.models import TrailEntry

MOST = 500
"""Sessions on the page."""


@never_cache
def page(request: HttpRequest) -> HttpResponse:
    """The list; a POST ends one session (`session`), or all of a person (`person`)."""
    if request.method == "POST":
        return _end(request)
    shown = sessions.open_ones()
    if not request.user.is_superuser:  # type: ignore[union-attr]
        shown = shown.filter(user=request.user.pk)
    by_person: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for each in shown[:MOST]:
        here = each.session_key == request.session.session_key
        by_person[each.user].append({"session": each, "device": devices.in_words(each.user_agent), "here": here})
    people = sorted(by_person.items(), key=lambda pair: (pair[0] != request.user, str(pair[0])))
    context = {**admin.site.each_context(request), "title": _("Sessions"), "people": people}
    return render(request, "admin/sessions.html", context)


def _end(request: HttpRequest) -> HttpResponse:
    if "person" in request.POST:
        _end_all(request, get_object_or_404(User, pk=_number(request, "person")))
    else:
        found = UserSession.objects.filter(pk=_number(request, "session")).select_related("user").first()
        if found is not None:
            _may(request, found.user)
            sessions.end(found)
            trail.record(TrailEntry.Action.DID, found.user, {"session": [devices.in_words(found.user_agent), None]})
        messages.success(request, _("That session has ended."))
    return redirect("staff_sessions")


def _end_all(request: HttpRequest, person: User) -> None:
    _may(request, person)
    sessions.end_all(person)
    trail.record(TrailEntry.Action.DID, person, {"sessions": ["all", None]})
    if person == request.user:  # but not the one in which it was asked for
        request.user.session_version = person.session_version  # type: ignore[union-attr]
        update_session_auth_hash(request, person)
    messages.success(request, _("All sessions of %(person)s have ended.") % {"person": person})


def _may(request: HttpRequest, person: User) -> None:
    if not (request.user.is_superuser or person == request.user):  # type: ignore[union-attr]
        raise PermissionDenied


def _number(request: HttpRequest, name: str) -> int:
    return whole_number(request.POST.get(name, "")) or 0
