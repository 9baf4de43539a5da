"""The error pages, in the design of the shop."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The 404 page, with the sentence of the view if there is one."""
    said = exception.args[0] if isinstance(exception, Http404) and exception.args else ""
    return render(request, "404.html", {"said": said if isinstance(said, str) else ""}, status=404)


def broken(request: HttpRequest) -> HttpResponse:
    """The 500 page. It must not need the database."""
    return HttpResponse(loader.get_template("500.html").render(), status=500)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: signed in, but not as somebody who may see this."""
    return render(request, "403.html", status=403)


def too_many(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """429, with the time after which to try again."""
    response = render(request, "429.html", status=429)
    response["Retry-After"] = "60"
    return response
