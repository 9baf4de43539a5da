"""What nginx does itself, with `deploy/nginx/doorbell.conf`; Caddy leaves it to the web processes."""

import ssl
from collections.abc import Iterator

import pytest
from django.test import RequestFactory

from shop.lib import media
from tests.deploy.proxies import Proxy, running


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with running("nginx", tmp_path_factory.mktemp("nginx")) as started:
        yield started


def test_no_other_protocol_is_upgraded_to(proxy: Proxy) -> None:
    answer = proxy.ask(Upgrade="h2c", Connection="Upgrade, HTTP2-Settings", HTTP2_Settings="AAMAAABkAAQAAP__")
    assert answer.heard("upgrade") == []
    assert answer.heard("connection") == ["close"]


def test_a_name_that_is_not_ours_is_not_even_told_our_certificate(proxy: Proxy) -> None:
    with pytest.raises(ssl.SSLError):
        proxy.tls("evil.example")


def test_uploaded_pictures_carry_the_policy_that_the_shop_gives_them(proxy: Proxy, settings) -> None:  # type: ignore[no-untyped-def]
    (proxy.folder / "media").mkdir(exist_ok=True)
    (proxy.folder / "media" / "mug.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    settings.MEDIA_ROOT = proxy.folder / "media"
    by_django = media.serve(RequestFactory().get("/media/mug.svg"), "mug.svg")
    by_proxy = proxy.ask("/media/mug.svg")
    assert by_proxy.status == 200
    assert b"<svg" in by_proxy.body
    for name in ("Content-Security-Policy", "Cache-Control"):
        assert by_proxy.headers[name] == by_django[name]
    assert by_proxy.headers["X-Content-Type-Options"] == "nosniff"
    assert proxy.ask("/media/../nginx.conf").status == 200  # normalized to /nginx.conf, which the web process answers


def test_a_picture_that_another_host_has_comes_from_the_web_process(proxy: Proxy) -> None:
    assert proxy.ask("/media/none.svg").seen["path"] == "/media/none.svg"


def test_a_static_file_that_was_not_collected_comes_from_the_web_process(proxy: Proxy) -> None:
    (proxy.folder / "static").mkdir(exist_ok=True)
    (proxy.folder / "static" / "shop.css").write_text("p{}")
    assert proxy.ask("/static/shop.css").body == b"p{}"
    assert proxy.ask("/static/new.css").seen["path"] == "/static/new.css"
