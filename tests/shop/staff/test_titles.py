"""Every page of the admin has a title: tabs, bookmarks and screen readers name a page by it."""

import re

import pytest

from tests.support.factories import make_order

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

PAGES = ["", "board/", "tour/", "mails/", "simulator/", "insight/", "pack/", "orders/order/", "catalog/product/"]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_a_title_of_its_own(admin_client, page):
    make_order()
    answer = admin_client.get(f"/admin/{page}", follow=True)
    assert answer.status_code == 200
    title = re.search(r"<title>(.*?)</title>", answer.content.decode(), re.DOTALL)[1]
    assert re.fullmatch(r"\s*[^|\s][^|]* \| \S.*", title.strip()), title
