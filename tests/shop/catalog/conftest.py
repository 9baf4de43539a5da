import pytest

from tests.support.factories import UserFactory


@pytest.fixture
def owner(client):
    """The owner of the shop, signed in."""
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    return client
