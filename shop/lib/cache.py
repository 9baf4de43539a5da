"""The cache that all processes share, in Redis."""

import json
import logging
import time
from collections.abc import Callable
from functools import cache
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


@cache
def _connected(server: str) -> redis.Redis:
    """The connections of this process. Django's cache has others for each request, and makes a client for each call."""
    return redis.Redis.from_url(server, socket_connect_timeout=1, socket_timeout=1)


def _with_fallback(name: str) -> Callable[..., Any]:
    def method(self: "SharedCache", *args: Any, **options: Any) -> Any:
        if time.monotonic() >= SharedCache.away_until:
            try:
                return getattr(RedisCache, name)(self, *args, **options)
            except RedisError as problem:
                self._is_away(problem)
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
                client = _connected(self.server)
                for key in client.scan_iter(match=f"{self.make_key('*')}", count=1000):
                    client.delete(key)
            except RedisError as problem:
                logger.warning("the shared cache could not be cleared: %s", problem)
        self.own.clear()

    def count(self, name: str, seconds: int) -> int:
        """Count something once more. How often it was counted within `seconds`, which begin with the first time."""
        if time.monotonic() >= SharedCache.away_until:
            key = self.make_key(name)
            try:
                with _connected(self.server).pipeline() as both:
                    both.set(key, 0, ex=seconds, nx=True)
                    both.incr(key)
                    return int(both.execute()[-1])
            except RedisError as problem:
                self._is_away(problem)
        self.own.add(name, 0, seconds)
        try:
            return self.own.incr(name)
        except ValueError:  # it expired in between
            return 1

    @staticmethod
    def _is_away(problem: RedisError) -> None:
        SharedCache.away_until = time.monotonic() + SharedCache.PAUSE
        logger.warning("the shared cache is away, each process counts by itself: %s", problem)

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
