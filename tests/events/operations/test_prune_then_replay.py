"""What has gone out stays known: a prune of old deliveries does not make a replay send mail again."""

from datetime import timedelta

import pytest
from django.utils import timezone

from events.delivery.processing import process
from events.models import Delivery
from events.operations import retention
from events.operations.replay import Range, replay
from tests.events.operations.test_retention import age

pytestmark = pytest.mark.django_db


def test_a_mail_of_long_ago_is_not_sent_again_after_a_prune(line):
    sent = []
    handler = line.handle(lambda event: sent.append(event.sequence), external=True)
    line.emit(2)
    Delivery.objects.exclude(handler="probe").delete()
    process(handler, line.stream)
    age(400)
    retention.prune_deliveries(timezone.now() - timedelta(days=30), pause=0)
    replay("probe", Range(line.stream))
    process(handler, line.stream)
    assert sent == [1, 2]
