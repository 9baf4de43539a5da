"""A start with carriers that cannot work is refused with one sentence."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from shop.serve import start_checks

AFTERSHIP = "orders.shipping.carriers.aftership.carrier.AfterShip"
COURIER = "orders.shipping.carriers.courier.carrier.Courier"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("nowhere.Carrier", "cannot be loaded"),
        ("orders.models.Order", "is not a carrier"),
        (AFTERSHIP, "needs AFTERSHIP_SECRET"),
        ("orders.shipping.carriers.manual.carrier.ByHand", "no name of its own"),
    ],
)
def test_a_carrier_that_cannot_work_is_refused(settings, path, said):
    settings.CARRIERS = [settings.MANUAL_CARRIER, path]
    settings.AFTERSHIP_SECRET = ""
    with pytest.raises(ImproperlyConfigured, match=said):
        start_checks.carriers()


def test_the_demos_courier_is_for_the_demo(settings):
    settings.CARRIERS = [settings.MANUAL_CARRIER, COURIER]
    settings.DEMO = True
    start_checks.carriers()
    settings.DEMO = False
    with pytest.raises(ImproperlyConfigured, match="only the demo has it"):
        start_checks.carriers()


def test_a_carrier_with_all_it_needs_is_taken(settings):
    settings.CARRIERS = [settings.MANUAL_CARRIER, AFTERSHIP]
    settings.AFTERSHIP_SECRET = "x"
    start_checks.carriers()
