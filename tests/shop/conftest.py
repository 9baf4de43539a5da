"""What the tests of the site share."""

from collections.abc import Iterator

import pytest
from django.core.cache import caches

from shop.lib.cache import SharedCache


@pytest.fixture
def away(settings, monkeypatch) -> Iterator[SharedCache]:
    """The shared cache, whose Redis is away."""
    settings.CACHES = {
        **settings.CACHES,
        "default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"},
    }
    cache = caches["default"]
    assert isinstance(cache, SharedCache)
    assert cache.server == "redis://127.0.0.1:1/0"
    cache.own.clear()
    yield cache
    cache.own.clear()
    SharedCache.away_until = 0.0
