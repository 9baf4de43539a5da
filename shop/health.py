"""For load balancers and monitoring."""

import redis
from django.conf import settings
from django.db import connection
from django.db.utils import Error
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from events import operate

STUCK = 120.0  # seconds: a delivery due for longer means that nothing handles events


@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """The process is alive."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """The shop can serve: the database answers, Redis answers, events are being handled. 503 if not, with the reason."""
    problems: dict[str, str] = {}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        age = operate.oldest_due_age()
        if age > STUCK:
            problems["events"] = f"the oldest due delivery has waited {age:.0f} s: is a worker running?"
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
        """Pending and parked deliveries by handler, and the age of the oldest due one."""
        pending = GaugeMetricFamily("events_pending", "Deliveries not settled", labels=["handler"])
        parked = GaugeMetricFamily("events_parked_lines", "Parked deliveries", labels=["handler"])
        for handler, waiting, stopped in operate.backlog():
            pending.add_metric([handler], waiting)
            parked.add_metric([handler], stopped)
        oldest = GaugeMetricFamily("events_oldest_due_seconds", "Age of the oldest due delivery")
        oldest.add_metric([], operate.oldest_due_age())
        return [pending, parked, oldest]

    def describe(self):  # type: ignore[no-untyped-def]
        """Nothing at registration: that would query before the tables are there."""
        return []


REGISTRY.register(Backlog())


@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text."""
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)
