"""What the tests of questions share."""

from typing import Any

import pytest
from django.test import Client

from orders import access_links
from orders.access_links import Strength
from tests.orders.conftest import member_of
from tests.support.factories import make_order


@pytest.fixture
def order(db: None) -> Any:
    return make_order()


@pytest.fixture
def guest(order: Any) -> Client:
    client = Client()
    client.get(access_links.path(order, Strength.ACT))
    return client


@pytest.fixture
def onlooker(order: Any) -> Client:
    client = Client()
    client.get(access_links.path(order, Strength.LOOK))
    return client


@pytest.fixture
def support(db: None) -> Any:
    client = Client()
    client.person = member_of("Support")  # type: ignore[attr-defined]
    client.force_login(client.person)  # type: ignore[attr-defined]
    return client
