"""For load balancers and monitoring: `/healthz`, `/readyz`, `/metrics`."""

import os
from collections.abc import Callable

from django.conf import settings
from django.db import connection
from django.db.utils import Error
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from events.delivery import registry
from events.live import shutdown
from events.operations import status
from shop.lib.addresses import from_this_machine


class Probes:
    """Middleware: answers the three addresses before anything else looks at the request.

    So a probe may ask by IP address (any Host header), without TLS, and costs no session and no trace.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The probe's answer, or the site's."""
        probe = PROBES.get(request.path_info)
        return probe(request) if probe else self.get_response(request)


def _insider(request: HttpRequest) -> bool:
    """Whoever sends METRICS_TOKEN; without such a token, whoever asks from this machine."""
    token: str = settings.METRICS_TOKEN
    if token:
        return constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {token}")
    return from_this_machine(request)


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """This process can serve pages: the database answers, and the process is not leaving.

    Otherwise 503; insiders get the reason.

    Nothing else counts. Without workers, broker or channel layer the shop still sells; `manage.py doctor` and the
    metrics tell of those.
    """
    problems: dict[str, str] = {}
    if shutdown.stopping():
        problems["web"] = "this process is stopping"
    else:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except Error as problem:
            problems["database"] = str(problem).strip()
    told = {"problems": problems} if _insider(request) else {}
    return JsonResponse({"ready": not problems, **told}, status=503 if problems else 200)


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text, for insiders; for others there is no such page."""
    if not _insider(request):
        return HttpResponse("Not found\n", status=404, content_type="text/plain")
    return HttpResponse(generate_latest(everything()), content_type=CONTENT_TYPE_LATEST)


PROBES: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "/healthz": healthz,
    "/readyz": readyz,
    "/metrics": metrics,
}


class Backlog(Collector):
    """Gauges read from the rows when they are asked for: true for all processes, whoever answers."""

    def collect(self):  # type: ignore[no-untyped-def]
        """Pending deliveries and dead letters by handler, claims, and the age of the oldest due delivery."""
        pending = GaugeMetricFamily("events_pending", "Deliveries not acknowledged", labels=["handler", "queue"])
        dead_letters = GaugeMetricFamily("events_dead_letters", "Dead letters", labels=["handler", "queue"])
        for handler, waiting, stopped in status.backlog():
            found = registry.get(handler)
            labels = [handler, found.queue if found else ""]
            pending.add_metric(labels, waiting)
            dead_letters.add_metric(labels, stopped)
        oldest = GaugeMetricFamily("events_oldest_due_seconds", "Age of the oldest due delivery")
        oldest.add_metric([], status.oldest_due_age())
        claims = GaugeMetricFamily("events_leases", "Deliveries that a worker has claimed: external handlers at work")
        claims.add_metric([], status.leases())
        return [pending, dead_letters, oldest, claims]

    def describe(self):  # type: ignore[no-untyped-def]
        """Nothing at registration: that would query before the tables are there."""
        return []


BACKLOG = Backlog()


def everything() -> CollectorRegistry:
    """The backlog from the database, and the counters of all processes of this host (without `serve`: of this one)."""
    registry = CollectorRegistry()
    registry.register(BACKLOG)
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(registry)
    else:
        registry.register(REGISTRY)  # type: ignore[arg-type]
    return registry
