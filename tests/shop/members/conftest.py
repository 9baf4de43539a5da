"""What the tests of the account share."""

import pytest

from tests.support.factories import UserFactory

PASSWORD = "correct horse battery"


@pytest.fixture
def ann(client):
    """A member who has signed in with a password, and whose mail address is confirmed."""
    person = UserFactory(email="ann@example.com", first_name="Ann", password=PASSWORD)
    person.confirm_address()
    client.post("/accounts/login/", {"login": person.email, "password": PASSWORD})
    return person
