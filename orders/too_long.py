"""The page that shows a note or message that is too long, whole, to make it shorter and send the form again."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from orders.staff_input import WRITTEN, TooLong, refused, whole

LABELS = {"note": _("Internal note"), "message": _("Message to the shopper"), "answer": _("Answer to the shopper")}


def kept_if_too_long(view: Callable[..., Any]) -> Callable[..., Any]:
    """The view, which does nothing if it raises `TooLong`: then this page comes, with everything that was sent."""

    @wraps(view)
    def answered(*args: Any, **parts: Any) -> Any:
        try:
            return view(*args, **parts)
        except TooLong:
            return _page(next(each for each in args if isinstance(each, HttpRequest)))

    return answered


def _page(request: HttpRequest) -> HttpResponse:
    texts = [
        {"name": name, "label": LABELS[name], "text": text, "refused": refused(name, text)}
        for name in WRITTEN
        if (text := whole(request, name))
    ]
    others = [(name, each) for name, sent in request.POST.lists() if name not in WRITTEN for each in sent]
    context = {
        **admin.site.each_context(request),
        "title": _("Please make it shorter"),
        "texts": texts,
        "others": [(name, value) for name, value in others if name != "csrfmiddlewaretoken"],
    }
    return render(request, "admin/orders/too_long.html", context, status=422)
