"""What every answer of a production shop says to the browser."""

import pytest

pytestmark = pytest.mark.once

PUBLIC = (
    *("/", "/products/", "/search/?q=pan", "/cart/", "/find-order/", "/accounts/login/", "/accounts/signup/"),
    *(
        "/accounts/password/reset/",
        "/track/nonsense/",
        "/orders/K7QF3-M2XD9/",
        "/no-such-page/",
        "/manifest.webmanifest",
    ),
    *("/service-worker.js", "/static/css/base.css", "/media/none.png", "/live/ticket"),
)
ADMIN = ("/admin/", "/admin/orders/order/", "/admin/accounts/user/add/", "/admin/board/", "/admin/no-such-page/")
POLICY = {
    "default-src": {"'self'"},
    "img-src": {"'self'", "data:"},
    "style-src": {"'self'"},
    "object-src": {"'none'"},
    "base-uri": {"'none'"},
    "frame-ancestors": {"'none'"},
    "form-action": {"'self'", "https://pay.example"},
}
ADMIN_POLICY = POLICY | {
    "script-src": {"'self'", "'unsafe-eval'"},
    "style-src": {"'self'", "'unsafe-inline'"},
    "form-action": {"'self'"},
}


def policy(response):
    parts = response.headers["Content-Security-Policy"].split(";")
    return {name: set(values) for name, *values in (part.split() for part in parts)}


def safe(response):
    headers = response.headers
    assert headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]


@pytest.mark.parametrize("path", PUBLIC)
def test_every_page_of_the_shop_has_its_policy(browser_of, path):
    response = browser_of().get(path)
    assert response.status_code < 500
    safe(response)
    assert policy(response) == POLICY


@pytest.mark.parametrize("path", ADMIN)
def test_every_page_of_the_admin_has_its_policy(browser_of, path):
    response = browser_of().sign_in().get(path)
    assert response.status_code in (200, 404)
    safe(response)
    assert policy(response) == ADMIN_POLICY


def test_what_is_refused_has_the_policy_too(browser_of):
    for response in (
        browser_of().request("POST", "/cart/add/", data={"variant": "1"}),
        browser_of(Host="evil.example").get("/"),
        browser_of().get("/admin/"),
    ):
        assert response.status_code in (302, 400, 403)
        assert policy(response)["default-src"] == {"'self'"}


def test_no_page_can_be_framed(browser_of):
    for path in ("/", "/accounts/login/", "/admin/login/"):
        assert browser_of().get(path).headers["X-Frame-Options"] == "DENY"


def test_every_cookie_stays_on_tls_and_on_this_host(browser_of):
    browser = browser_of()
    lines = browser.get("/accounts/login/").headers.get_list("set-cookie")
    lines += browser.post(
        "/accounts/login/", {"login": "boss@shop.example", "password": "a-good-password-9"}
    ).headers.get_list("set-cookie")
    lines += browser.post("/i18n/setlang/", {"language": "zh-hans", "next": "/"}, page="/").headers.get_list(
        "set-cookie"
    )
    names = {line.partition("=")[0] for line in lines}
    assert {"__Host-sessionid", "__Host-csrftoken", "django_language"} <= names
    for line in lines:
        assert "; Secure" in line, line
        assert "; SameSite=Lax" in line or line.startswith("django_language"), line
        assert "Domain=" not in line
        assert "; Path=/" in line
        if line.startswith("__Host-sessionid"):
            assert "; HttpOnly" in line


@pytest.mark.parametrize("path", ["/cart/", "/accounts/login/", "/orders/", "/checkout/", "/live/ticket"])
def test_what_is_personal_is_kept_by_no_cache(browser_of, path):
    response = browser_of().sign_in().get(path)
    assert "no-store" in response.headers["Cache-Control"] or "private" in response.headers["Cache-Control"]


def test_personal_pages_are_not_for_search_engines(browser_of):
    assert browser_of().sign_in().get("/orders/").headers["X-Robots-Tag"] == "noindex"
    assert "X-Robots-Tag" not in browser_of().get("/").headers


def test_static_files_are_kept_by_caches(browser_of):
    assert "max-age=300" in browser_of().get("/static/css/base.css").headers["Cache-Control"]


def test_http_is_sent_to_https(browser_of):
    response = browser_of(**{"X-Forwarded-Proto": "http"}).get("/products/")
    assert (response.status_code, response.headers["Location"]) == (301, "https://shop.example/products/")


def test_the_shop_answers_to_its_own_name_only(browser_of):
    for name in ("evil.example", "shop.example.evil.example", "127.0.0.1", "localhost"):
        assert browser_of(Host=name).get("/").status_code == 400
    assert browser_of(Host="shop.example:443").get("/").status_code == 200
