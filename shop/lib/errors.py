"""The error pages, in the design of the shop."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader
from django.utils.cache import add_never_cache_headers

from shop.lib import database_away


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The 404 page, with the sentence of the view if there is one."""
    said = exception.args[0] if isinstance(exception, Http404) and exception.args else ""
    return render(request, "404.html", {"said": said if isinstance(said, str) else ""}, status=404)


def broken(request: HttpRequest) -> HttpResponse:
    """The 500 page, or the 503 page if the database is away. Neither needs the database."""
    if database_away.is_the_reason():
        return database_away.unavailable()
    return HttpResponse(loader.get_template("500.html").render(), status=500)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: signed in, but not as somebody who may see this."""
    return render(request, "403.html", status=403)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form whose token is not this session's: mostly somebody signed in or out in another tab.

    What came from a page of the shop can be sent again, as it was typed. What came from elsewhere cannot: a click must
    not do what another site wants. Passwords are never written into a page.
    """
    if request.headers.get("HX-Request"):
        response = HttpResponse(status=403)
        response["HX-Refresh"] = "true"
        return response
    fields = [
        (name, value) for name, values in request.POST.lists() if name != "csrfmiddlewaretoken" for value in values
    ]
    ours = request.headers.get("Origin") == f"{request.scheme}://{request.get_host()}"
    again = ours and request.COOKIES and not any("password" in name for name, _ in fields)
    context = {"again": again, "fields": fields, "back": request.get_full_path() if ours else "/"}
    response = render(request, "403_csrf.html", context, status=403)
    add_never_cache_headers(response)
    return response


def too_many(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """429, with the time after which to try again."""
    response = render(request, "429.html", status=429)
    response["Retry-After"] = "60"
    return response
