"""Fixtures of the tests of `deploy/`."""

from collections.abc import Iterator

import pytest

from tests.deploy.proxies import Proxy
from tests.support.servers import wait_until


@pytest.fixture
def whole(proxy: Proxy) -> Iterator[Proxy]:
    """The module's `proxy`, with both web processes well again afterwards."""
    yield proxy
    for web in proxy.webs:
        web.fails, web.ready = 0, True
        web.asked.clear()
    wait_until(lambda: {proxy.ask("/up").seen.get("port") for _ in range(4)} == {w.port for w in proxy.webs})
