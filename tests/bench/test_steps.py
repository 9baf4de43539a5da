"""The checkout without events, which is measured beside the shop's, does what follows an order."""

import pytest

from bench.shop import steps
from tests.support.factories import make_order


@pytest.mark.django_db
def test_it_sends_the_mail_that_the_shop_sends_and_keeps_it(mailoutbox):
    order = make_order()
    steps.confirmation(order)
    assert [mail.to for mail in mailoutbox] == [[order.email]]
    assert order.ref in mailoutbox[0].subject
    assert order.mails.get().kind == "order.placed"
