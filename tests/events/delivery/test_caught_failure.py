"""A caller that catches the failure of an event cannot commit the change without it."""

import pytest
from django.db import transaction

from events.emission import ConcurrentChange
from events.log.envelope import TooLarge
from shop.catalog import stock
from shop.catalog.models import Stock


@pytest.mark.django_db(transaction=True)
def test_a_change_whose_event_failed_is_not_committed_though_its_caller_goes_on(line, settings):
    line.emit(1)
    before = line.variant.stock.on_hand
    settings.EVENT_MAX_BYTES = 10
    with transaction.atomic():
        row = Stock.objects.select_for_update().get(pk=line.variant.stock.pk)
        with pytest.raises(TooLarge):
            _count(row, before + 5)
    row.refresh_from_db()
    assert row.on_hand == before
    assert row.version == len(line.events())


def _count(row, on_hand):
    stock._move(row, on_hand=on_hand - row.on_hand, reason="counted")


@pytest.mark.django_db(transaction=True)
def test_a_writer_that_read_before_another_wrote_is_refused(line):
    line.emit(1)
    stale = Stock.objects.get(pk=line.variant.stock.pk)
    line.emit(1)
    with pytest.raises(ConcurrentChange), transaction.atomic():
        _count(stale, stale.on_hand + 1)
    stale.refresh_from_db()
    assert stale.version == len(line.events())
