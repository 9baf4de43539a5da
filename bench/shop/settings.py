"""The shop of the measured checkouts: the site, and what `BENCH_CHECKOUT` adds to placing an order."""

from bench.settings import *  # noqa: F403
from bench.settings import INSTALLED_APPS

INSTALLED_APPS += ["bench.shop"]
ROOT_URLCONF = "bench.shop.urls"
