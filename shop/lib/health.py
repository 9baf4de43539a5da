"""For load balancers and monitoring."""

import os

import redis
from django.conf import settings
from django.db import connection
from django.db.utils import Error
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from events.delivery import registry
from events.live import shutdown
from events.operations import status

STUCK = 120.0  # seconds without progress in a queue that has something due


@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """The process is alive."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """The shop can serve: the database answers, Redis answers, events are being handled. 503 if not, with the reason."""
    if shutdown.stopping():
        return JsonResponse({"ready": False, "problems": {"web": "this process is stopping"}}, status=503)
    problems: dict[str, str] = {}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        problems |= {
            f"queue {queue}": f"nothing was handled for {STUCK:.0f} s, and the oldest due delivery has waited {age:.0f} s: is a worker running?"
            for queue, age in status.stalled(STUCK).items()
        }
    except Error as problem:
        problems["database"] = str(problem).strip()
    try:
        redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2).ping()
    except redis.RedisError as problem:
        problems["redis"] = str(problem)
    return JsonResponse({"ready": not problems, "problems": problems}, status=503 if problems else 200)


class Backlog(Collector):
    """Gauges read from the rows when they are asked for: true for all processes, whoever answers."""

    def collect(self):  # type: ignore[no-untyped-def]
        """Pending and parked deliveries by handler, claims, and the age of the oldest due one."""
        pending = GaugeMetricFamily("events_pending", "Deliveries not settled", labels=["handler", "queue"])
        dead_letters = GaugeMetricFamily("events_dead_letters", "Parked deliveries", labels=["handler", "queue"])
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
    """The backlog from the rows, and the counters of all processes of this host – or of this one, outside of `serve`."""
    registry = CollectorRegistry()
    registry.register(BACKLOG)
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(registry)
    else:
        registry.register(REGISTRY)  # type: ignore[arg-type]
    return registry


@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text."""
    return HttpResponse(generate_latest(everything()), content_type=CONTENT_TYPE_LATEST)
