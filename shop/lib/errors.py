"""The pages for what went wrong: in the shop's own clothes, and with a way on."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404, with the view's own sentence if it gave one."""
    said = exception.args[0] if isinstance(exception, Http404) and exception.args else ""
    return render(request, "404.html", {"said": said if isinstance(said, str) else ""}, status=404)


def broken(request: HttpRequest) -> HttpResponse:
    """500: nothing on this page may need the database."""
    return HttpResponse(loader.get_template("500.html").render(), status=500)
