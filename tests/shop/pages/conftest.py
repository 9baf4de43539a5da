"""What the tests of the shop's own pages share."""

from typing import Any

import pytest

from shop.pages.models import Page


@pytest.fixture
def terms(db: None) -> Any:
    return Page.objects.create(
        kind="terms",
        title_en="Terms",
        title_zh_hans="条款",
        body_en="## Price\n\nWhat the **checkout** shows.",
        body_zh_hans="以结账页为准。",
        published=True,
    )
