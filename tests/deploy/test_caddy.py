"""What Caddy does itself, with `deploy/caddy/Caddyfile`; nginx has no health checks of its own."""

from collections.abc import Iterator

import pytest

from tests.deploy.proxies import Proxy, running
from tests.support.servers import wait_until


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with running("caddy", tmp_path_factory.mktemp("caddy")) as started:
        yield started


def test_a_web_process_that_is_not_ready_is_given_no_more_requests(whole: Proxy) -> None:
    leaving, other = whole.webs
    leaving.ready = False
    wait_until(lambda: ("GET", "/readyz") in leaving.asked, what="a health check")
    wait_until(lambda: {whole.ask("/products/").seen["port"] for _ in range(6)} == {other.port}, what="the other one")
    leaving.asked.clear()
    assert {whole.ask("/products/").seen["port"] for _ in range(20)} == {other.port}
    assert {path for _, path in leaving.asked} <= {"/readyz"}
