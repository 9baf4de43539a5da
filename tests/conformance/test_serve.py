"""`manage.py serve` on each database and each broker: it opens, processes what happens, and stops."""

from urllib.parse import urlsplit

import psutil

from events.models import Delivery
from tests.support.factories import make_order
from tests.support.servers import free_port, up, wait_until


def test_a_served_shop_opens_processes_an_order_and_stops(farm, tmp_path):
    port = free_port()
    serve = farm.start("manage.py", "serve", "--port", str(port), DATA_DIR=str(tmp_path), EVENT_HANDLER_TIMEOUT="10")
    up(f"http://127.0.0.1:{port}", "/readyz")
    children = psutil.Process(serve.pid).children(recursive=True)
    broker = urlsplit(farm.broker.url).port
    assert broker in {c.raddr.port for child in children for c in child.net_connections() if c.raddr}
    stream = make_order().stream
    mine = Delivery.objects.filter(stream=stream)
    assert mine.filter(handler="mail").exists()
    due = Delivery.objects.heads().filter(stream=stream, handler__in=["live", "mail"])
    wait_until(lambda: not due.exists(), 60, "the workers to process the order")
    assert set(mine.filter(acknowledged_at__isnull=False).values_list("handler", flat=True)) >= {"live", "mail"}
    serve.terminate()
    assert serve.wait(15) == 0
    assert psutil.wait_procs(children, 5)[1] == [], "processes that it left behind"
