"""What the proxy before the shop lets through, hides and repeats: nginx and Caddy with the files of `deploy/`."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from websockets.sync.client import connect

from deploy import check
from tests.deploy.proxies import HOST, Proxy, running
from tests.support.servers import wait_until

SECRET = "kL9secretQ2"


@pytest.fixture(scope="module", params=["nginx", "caddy"])
def proxy(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with running(request.param, tmp_path_factory.mktemp(request.param)) as started:
        yield started


def test_plain_http_is_sent_to_https(proxy: Proxy) -> None:
    answer = proxy.plain("/products/?page=2")
    assert answer.status in (301, 308)
    assert re.fullmatch(rf"https://{HOST}(:\d+)?/products/\?page=2", answer.headers["Location"])


def test_the_shop_hears_the_address_of_the_client_and_not_what_the_client_says(proxy: Proxy) -> None:
    answer = proxy.ask(
        X_Forwarded_For="203.0.113.9, 198.51.100.7",
        X_Forwarded_Proto="http",
        X_Forwarded_Host="evil.example",
        Forwarded="for=203.0.113.9",
    )
    assert answer.heard("x-forwarded-for") == ["127.0.0.1"]
    assert answer.heard("x-forwarded-proto") == ["https"]
    assert answer.heard("x-forwarded-host") == []
    assert answer.heard("forwarded") == []
    assert answer.heard("host") == [HOST]


@pytest.mark.parametrize("path", ["/metrics", "/%6detrics", "//metrics", "/x/../metrics", "/metrics?x=1"])
def test_metrics_are_closed_to_strangers(proxy: Proxy, path: str) -> None:
    assert proxy.ask(path).status == 404
    assert not [asked for web in proxy.webs for asked in web.asked if "etrics" in asked[1]]


def test_the_log_holds_no_secret_of_an_address(whole: Proxy) -> None:
    paths = [
        f"/track/{SECRET}/",
        f"/tr%61ck/{SECRET}/",
        f"/accounts/confirm-email/{SECRET}/",
        f"/accounts/password/reset/key/{SECRET}/",
        f"/orders/?token={SECRET}",
    ]
    for path in paths:
        assert whole.ask(path, Referer=f"https://{HOST}/track/{SECRET}/", Cookie=f"sessionid={SECRET}").status == 200
    for web in whole.webs:
        web.fails = "hangs up"
    for path in paths[:-1]:
        assert whole.ask(path).status in (502, 503)
    wait_until(lambda: whole.logs().count("/track/-") >= 2, what="the log of these requests")
    assert "/accounts/password/reset/key/-" in whole.logs()
    assert SECRET not in whole.logs()


def test_the_next_web_process_answers_for_one_that_hangs_up(whole: Proxy) -> None:
    whole.webs[0].fails = "hangs up"
    assert [whole.ask("/products/").status for _ in range(20)] == [200] * 20


def test_the_next_web_process_answers_for_one_that_says_503(whole: Proxy) -> None:
    whole.webs[0].fails, whole.webs[0].ready = 503, False  # as when its database is away
    wait_until(lambda: {whole.ask("/products/").status for _ in range(6)} == {200}, what="the other one")
    assert [whole.ask("/products/").status for _ in range(20)] == [200] * 20


def test_no_web_process_is_given_up_when_all_of_them_fail_for_a_moment(whole: Proxy) -> None:
    for web in whole.webs:
        web.fails = "hangs up"
    assert whole.ask("/products/").status in (502, 503)
    for web in whole.webs:
        web.fails = 0
    wait_until(lambda: whole.ask("/products/").status == 200, what="an answer")


@pytest.mark.parametrize("path", ["/checkout/", "/cart/add/", "/orders/A/cancel/", "/payments/acme/webhook/"])
def test_what_a_shopper_orders_is_sent_to_the_next_web_process(whole: Proxy, path: str) -> None:
    first, second = whole.webs
    first.fails = "hangs up"
    first.asked.clear()

    def answered_though_the_first_was_asked() -> bool:  # Caddy leaves it out for a second
        answer = whole.ask(path, "POST", b"a=1")
        if answer.status in (502, 503):  # on a busy machine the second was late for the proxy's question, too
            return False
        assert (answer.seen["port"], answer.seen["received"]) == (second.port, 3)
        return ("POST", path) in first.asked

    wait_until(answered_though_the_first_was_asked, what="a request at the first one")


def test_it_is_sent_twice_at_most(whole: Proxy) -> None:
    for web in whole.webs:
        web.fails = "hangs up"

    def reached_both() -> bool:  # Caddy leaves out for a second one that has just hung up
        for web in whole.webs:
            web.asked.clear()
        assert whole.ask("/checkout/", "POST", b"a=1").status in (502, 503)
        sent = [method for web in whole.webs for method, _ in web.asked].count("POST")
        assert sent <= 2
        return sent == 2

    wait_until(reached_both, what="a POST that reaches both")


@pytest.mark.parametrize("path", ["/admin/catalog/product/add/", "/accounts/login/", "/accounts/password/reset/key/x/"])
def test_a_post_elsewhere_is_never_sent_again(whole: Proxy, path: str) -> None:
    for web in whole.webs:
        web.fails = "hangs up"
        web.asked.clear()
    assert whole.ask(path, "POST", b"a=1").status in (502, 503)
    assert [method for web in whole.webs for method, _ in web.asked].count("POST") == 1


def test_the_next_web_process_answers_for_one_that_is_silent(whole: Proxy) -> None:
    first, second = whole.webs
    first.fails = "is silent"
    first.asked.clear()
    with ThreadPoolExecutor(8) as visitors:
        ways = [("GET", b""), ("POST", b"a=1")] * 4
        answers = list(visitors.map(lambda way: whole.ask("/orders/A/", *way), ways))
    assert [answer.seen["port"] for answer in answers] == [second.port] * 8
    assert first.asked


def test_the_proxies_wait_longer_than_a_web_process_waits_for_its_database() -> None:
    options = {"connect_timeout": 5, "tcp_user_timeout": 5}  # of shop/conf/storage.py, in seconds
    text = (check.ROOT / "shop/conf/storage.py").read_text()
    assert f'"connect_timeout": {options["connect_timeout"]},' in text
    assert f'"tcp_user_timeout": {options["tcp_user_timeout"]}_000' in text
    nginx = (check.ROOT / "deploy/nginx/doorbell.conf").read_text()
    caddy = (check.ROOT / "deploy/caddy/Caddyfile").read_text()
    waits = [*re.findall(r"proxy_read_timeout (\d+)s;", nginx), *re.findall(r"import web (\d+)s", caddy)]
    assert len(waits) == 6
    assert all(int(wait) > sum(options.values()) for wait in waits)


def test_a_websocket_gets_through(proxy: Proxy) -> None:
    with connect(f"ws://{HOST}/live/", sock=proxy.tls()) as socket:  # the TLS is there already
        assert socket.recv(5) == "live"


def test_a_body_that_is_too_large_is_refused_and_a_picture_is_not(proxy: Proxy) -> None:
    assert proxy.ask("/admin/", "POST", b"x" * 9_000_000).seen["received"] == 9_000_000
    assert proxy.ask("/admin/", "POST", b"x" * 13_000_000).status == 413
