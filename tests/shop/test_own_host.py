"""No page of the shop or the admin names another host: nothing is loaded from elsewhere."""

import re
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from django.conf import settings
from django.urls import reverse

from orders import access_links
from orders.lifecycle import Actor, Status
from orders.transitions import transition
from tests.support.factories import UserFactory, VariantFactory, make_order

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

HOST = "testserver"
LOADING = {"src", "href", "action", "formaction", "poster", "data", "srcset", "hx-get", "hx-post", "content", "style"}
ANOTHER_HOST = re.compile(r"""(?:^|[\s'"(=;,])((?:https?:)?//[\w.-]+\.\w+)""")
STYLE_OR_SCRIPT = re.compile(r"""(?:url\(|@import|import|fetch\()\s*['"]?((?:https?:)?//[\w.-]+\.\w+)""")
SIGN_OUT = re.compile(r"/(logout|delete)/")


class Names(HTMLParser):
    """The addresses that a page links to, and the foreign ones that it names anywhere."""

    def __init__(self, page):
        super().__init__()
        self.page, self.links, self.foreign, self.within = page, set(), set(), ""

    def handle_starttag(self, tag, attributes):
        self.within = tag
        for name, value in attributes:
            if name in LOADING and value:
                self.foreign |= set(ANOTHER_HOST.findall(value.replace(settings.SITE_URL, "")))
            if (tag, name) == ("a", "href") and value:
                self.links.add(urljoin(self.page, value).partition("#")[0])

    def handle_data(self, data):
        if self.within in ("script", "style"):
            self.foreign |= set(STYLE_OR_SCRIPT.findall(data))


def crawl(client, *starts, most):
    """Every page that links lead to, one of each kind; `{page: what it names}` of those that name another host."""
    waiting, kinds, found = list(starts), set(), {}
    while waiting:
        address = waiting.pop(0)
        path = urlsplit(address).path
        kind = re.sub(r"\d+", "0", path) + ("?" if urlsplit(address).query else "")
        if kind in kinds or SIGN_OUT.search(path):
            continue
        kinds.add(kind)
        answer = client.get(address, follow=True)
        if "html" not in answer.headers["Content-Type"]:
            continue
        assert answer.status_code in (200, 403), address  # a member may follow a link to the admin
        page = Names(f"http://{HOST}{answer.request['PATH_INFO']}")
        page.feed(answer.content.decode())
        if page.foreign:
            found[address] = sorted(page.foreign)
        waiting += sorted(link for link in page.links if urlsplit(link).netloc == HOST)
    assert len(kinds) >= most, "the links lead nowhere: the test looks at too little"
    return found


def test_what_is_looked_for_is_found():
    page = Names("http://testserver/")
    page.feed(
        '<script src="//cdn.example.com/x.js"></script><link href="https://fonts.example.com/a.css">'
        '<style>b { background: url(//img.example.com/b.png) }</style><script>import "https://js.example.com/c.js"</script>'
        '<div style="background: url(https://style.example.com/)"></div>'
        '<a href="/mine/?next=//x">//text.example.com</a>'
    )
    hosts = {address.split("//")[1] for address in page.foreign}
    assert hosts == {f"{name}.example.com" for name in ("cdn", "fonts", "img", "js", "style")}


@pytest.fixture
def order():
    made = make_order()
    for target in (Status.PAID, Status.PREPARING):
        transition(made.ref, target, by=Actor.STAFF, actor="staff:1")
    return made


def test_no_page_of_the_shop_names_another_host(client, order):
    VariantFactory()
    assert crawl(client, "/", access_links.path(order), "/checkout/", "/cart/", most=10) == {}
    client.force_login(UserFactory())
    assert crawl(client, "/orders/", "/accounts/email/", "/accounts/password/change/", most=8) == {}


def test_no_page_of_the_admin_names_another_host(client, order):
    VariantFactory()
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    assert crawl(client, reverse("admin:index"), most=30) == {}
