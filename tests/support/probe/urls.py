"""The site's addresses, one that holds a thread and a connection, and one that measures the process."""

import gc
import time
import tracemalloc

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

from shop.urls import handler403, handler404, handler429, handler500, urlpatterns

__all__ = ["handler403", "handler404", "handler429", "handler500", "urlpatterns"]


def slow(request: HttpRequest) -> HttpResponse:
    """A query that takes `seconds`."""
    seconds = float(request.GET["seconds"])
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_sleep(%s)", [seconds])
        else:
            connection.connection.create_function("doze", 1, time.sleep)
            cursor.execute("SELECT doze(%s)", [seconds])
    return HttpResponse("done")


def memory(request: HttpRequest) -> JsonResponse:
    """Bytes of all objects; the process is started with PYTHONTRACEMALLOC=1."""
    gc.collect()
    return JsonResponse({"bytes": tracemalloc.get_traced_memory()[0]})


urlpatterns = [*urlpatterns, path("probe/slow/", slow), path("probe/memory/", memory)]
