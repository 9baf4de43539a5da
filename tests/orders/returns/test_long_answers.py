"""An answer to who sends something back is refused with its length where it is too long, and is not lost."""

import pytest
from django.urls import reverse

from tests.orders.returns.test_sending_back import ask
from tests.orders.test_texts_that_are_too_long import LONG, refused_whole

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def test_a_return_is_not_refused_with_half_an_answer(staff, sent):
    found = ask(sent, 1, 0)
    page = reverse("admin:orders_order_move_return", args=[sent.pk, found.place, "refused"])
    again = refused_whole(staff.post(page, {"answer": LONG}), "answer")
    found.refresh_from_db()
    assert found.state == "requested"
    staff.post(page, again | {"answer": LONG[1:]})
    found.refresh_from_db()
    assert (found.state, found.answer) == ("refused", LONG[1:])
