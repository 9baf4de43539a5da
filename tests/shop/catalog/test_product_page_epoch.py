"""A product page names the log of today, so that its stock is live after a restore, too."""

import re

import pytest

from events.models import Log
from tests.support.factories import VariantFactory

pytestmark = pytest.mark.django_db


def epochs(client, variant):
    return set(re.findall(r'data-epoch="([^"]*)"', client.get(f"/products/{variant.product.slug}/").content.decode()))


def test_a_page_that_was_made_before_a_restore_names_the_new_log(client):
    variant = VariantFactory(stocked=3)
    before = Log.current_epoch()
    assert epochs(client, variant) == {before}
    Log.objects.update(epoch="another1")
    Log._recent = (0.0, "")  # a second has passed
    assert epochs(client, variant) == {"another1"}
