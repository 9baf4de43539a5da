"""Who packs."""

import pytest

from tests.orders.conftest import member_of


@pytest.fixture
def packer(client):
    client.force_login(member_of("Fulfilment"))
    return client
