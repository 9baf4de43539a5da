"""One trace from the click to the browser's frame, in log lines and counters of all processes."""

import asyncio
import http.server
import json
import logging
import re
import threading
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from events.lib import tracing
from events.models import Event
from orders.lifecycle import Actor, Status
from orders.transitions import transition
from shop.demo import content
from tests.support.factories import make_order
from tests.support.live import Visitor, frame, in_loop
from tests.support.servers import free_port, up, wait_until


@pytest.fixture
def collector():
    """An OTLP endpoint; yields its address and the spans it got."""
    spans = []

    class Receive(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            request = ExportTraceServiceRequest()
            request.ParseFromString(self.rfile.read(int(self.headers["Content-Length"])))
            for resource in request.resource_spans:
                for scope in resource.scope_spans:
                    spans.extend(scope.spans)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receive)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", spans
    server.shutdown()


def test_a_click_in_admin_is_one_trace_to_the_browsers_frame(shop, collector, settings, tmp_path):
    endpoint, spans = collector
    content.load()
    order = make_order()
    transition(order.ref, Status.PAID, by=Actor.GATEWAY, actor="gateway:test")
    port = free_port()
    site = f"http://127.0.0.1:{port}"
    counters = tmp_path / "metrics"
    counters.mkdir()
    shop.environment |= {
        "SITE_URL": site,
        "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
        "OTEL_BSP_SCHEDULE_DELAY": "100",
        "PROMETHEUS_MULTIPROC_DIR": str(counters),
    }
    shop.web(port)
    shop.worker("events.live.0")

    up(site)
    shopper = Visitor(site).open(order)
    staff = httpx.Client(base_url=site, follow_redirects=True)

    def token(page):
        return re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)[1]

    page = staff.get("/accounts/login/")
    login = {"login": "staff@example.com", "password": content.PASSWORD, "csrfmiddlewaretoken": token(page)}
    page = staff.post("/accounts/login/?next=/admin/orders/order/", data=login)

    async def watch():
        async with shopper.connect() as socket:
            await socket.send(shopper.hello({"s": order.stream}))
            assert (await frame(socket))["t"] == "snap"
            target = f"/admin/orders/order/{order.pk}/move/preparing/"
            form = await asyncio.to_thread(staff.get, f"/admin/orders/order/{order.pk}/change/")
            answer = await asyncio.to_thread(
                staff.post, target, data={"csrfmiddlewaretoken": token(form)}, follow_redirects=False
            )
            assert answer.status_code == 302, answer.text
            seen = await frame(socket)
            assert seen["type"] == "order.preparing"
            return answer.headers["X-Trace-Id"]

    trace = in_loop(watch())
    mine = {}

    def complete():
        mine.update({s.span_id: s for s in list(spans) if s.trace_id.hex() == trace})
        names = {s.name for s in mine.values()}
        return {"frame", "push", "handle live", "process live", "notify live", "emit order.preparing"} <= names

    wait_until(complete, what="the spans")
    by_name = {s.name: s for s in mine.values()}

    def way(span):
        found = [span.name]
        while span.parent_span_id in mine:
            span = mine[span.parent_span_id]
            found.append(span.name)
        return found

    click = next(name for name in by_name if name.startswith("POST /admin/orders/order/"))
    assert way(by_name["frame"]) == ["frame", "push", "emit order.preparing", click]
    assert way(by_name["process live"]) == ["process live", "notify live", "emit order.preparing", click]
    assert order.ref not in click
    update = Event.objects.get(stream=order.stream, type="order.preparing").cloud_event()
    assert trace in update.traceparent

    metrics = httpx.get(f"{site}/metrics").text  # the web process answers for the worker, too
    handled = re.search(r'^events_handled_total\{handler="live",queue="live"\} (\S+)', metrics, re.M)
    assert float(handled[1]) >= 3
    for name in ("events_oldest_due_seconds", "events_leases", "events_browser_seconds_count", "events_pending"):
        assert re.search(rf"^{name}[ {{]", metrics, re.M), name


def test_every_log_line_of_a_block_says_what_it_is_about():
    record = logging.LogRecord("x", logging.INFO, "f", 1, "hello", (), None)
    with tracing.span("test"), tracing.about("K7QF3-M2XD9", "an-event"):
        tracing.Context().filter(record)
        trace = tracing.trace_id()
    assert (record.subject, record.event_id, record.trace_id) == ("K7QF3-M2XD9", "an-event", trace)
    assert len(trace) == 32
    assert record.context == f" ref=K7QF3-M2XD9 event=an-event trace={trace}"
    tracing.Context().filter(record)
    assert record.context == ""


@pytest.mark.parametrize("parent", ["", "garbage", "00-zz-zz-01", "00-" + "0" * 32 + "-" + "0" * 16 + "-01"])
def test_a_traceparent_that_is_none_starts_a_trace_of_its_own(client, db, parent):
    response = client.get("/manifest.webmanifest", headers={"traceparent": parent})
    assert re.fullmatch(r"[0-9a-f]{32}", response["X-Trace-Id"])
    assert response["X-Trace-Id"] != "0" * 32


def test_a_traceparent_is_continued_though_nobody_records(client, db):
    response = client.get("/manifest.webmanifest", headers={"traceparent": f"00-{'ab' * 16}-{'cd' * 8}-01"})
    assert response["X-Trace-Id"] == "ab" * 16


def test_a_span_within_another_is_of_its_trace_and_not_the_same():
    with tracing.span("outer"):
        outer = tracing.traceparent()
        with tracing.span("inner"):
            inner = tracing.traceparent()
        assert tracing.traceparent() == outer
    assert tracing.traceparent() == ""
    assert inner[:36] == outer[:36]
    assert inner != outer


def test_lines_can_be_json(shop_process_output):
    line = json.loads(shop_process_output("LOG_FORMAT=json"))
    assert line["message"] == "hello"
    assert line["ref"] == "K7QF3-M2XD9"
    assert line["event_id"] == "e1"
    assert len(line["trace_id"]) == 32


@pytest.mark.parametrize("form", ["line", "json"])
def test_times_are_in_utc_so_that_hosts_can_be_compared(shop_process_output, form):
    said = shop_process_output(f"LOG_FORMAT={form}", "TIME_ZONE=Asia/Shanghai")
    (at,) = re.findall(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", said)
    assert abs(datetime.fromisoformat(at) - datetime.now(UTC)) < timedelta(seconds=60)


@pytest.fixture
def shop_process_output():
    """What a process with that environment logs."""
    import os
    import subprocess
    import sys

    code = (
        "import django; django.setup(); import logging; from events.lib import tracing\n"
        "with tracing.span('x'), tracing.about('K7QF3-M2XD9', 'e1'): logging.getLogger('events.x').error('hello')"
    )

    def run(*environment):
        values = dict(pair.split("=") for pair in environment)
        done = subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, **values}, capture_output=True, text=True
        )
        return done.stderr.strip().splitlines()[-1]

    return run


def test_a_log_format_that_does_not_exist_is_refused(shop_process_output):
    assert "LOG_FORMAT must be one of line, json" in shop_process_output("LOG_FORMAT=xml")
