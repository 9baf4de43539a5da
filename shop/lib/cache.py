"""The cache that all processes share, in Redis."""

import json
import logging
import time
from collections.abc import Callable
from typing import Any, ClassVar

import redis
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)


class JsonSerializer:
    """JSON, not Django's pickle: whoever can write to Redis must not be able to run code in a web process."""

    def dumps(self, value: Any) -> bytes | int:
        """Whole numbers as they are, for Redis to count with."""
        return value if type(value) is int else json.dumps(value).encode()

    def loads(self, data: bytes) -> Any:
        """The value. Raises `ValueError` for what is not JSON."""
        return json.loads(data)


def _with_fallback(name: str) -> Callable[..., Any]:
    def method(self: "SharedCache", *args: Any, **options: Any) -> Any:
        if time.monotonic() >= SharedCache.away_until:
            try:
                return getattr(RedisCache, name)(self, *args, **options)
            except RedisError as problem:
                SharedCache.away_until = time.monotonic() + SharedCache.PAUSE
                logger.warning("the shared cache is away, each process counts by itself: %s", problem)
        return getattr(self.own, name)(*args, **options)

    method.__name__ = name
    return method


class SharedCache(RedisCache):
    """The cache in Redis.

    While Redis is away, the memory of this process takes its place: limits then count by process, and no page fails.
    """

    PAUSE: ClassVar[float] = 5.0
    """Seconds after a failure in which Redis is not asked."""
    away_until: ClassVar[float] = 0.0

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self.server = str(server)
        self.own = LocMemCache("shared", {k: v for k, v in params.items() if k != "OPTIONS"})

    def clear(self) -> None:
        """Delete what this cache wrote. Django's own would empty the database, and with it the broker's queues."""
        if time.monotonic() >= SharedCache.away_until:
            try:
                client = redis.Redis.from_url(self.server, socket_connect_timeout=1, socket_timeout=1)
                for key in client.scan_iter(match=f"{self.make_key('*')}", count=1000):
                    client.delete(key)
            except RedisError as problem:
                logger.warning("the shared cache could not be cleared: %s", problem)
        self.own.clear()

    add = _with_fallback("add")
    get = _with_fallback("get")
    set = _with_fallback("set")
    touch = _with_fallback("touch")
    delete = _with_fallback("delete")
    get_many = _with_fallback("get_many")
    set_many = _with_fallback("set_many")
    delete_many = _with_fallback("delete_many")
    has_key = _with_fallback("has_key")
    incr = _with_fallback("incr")
