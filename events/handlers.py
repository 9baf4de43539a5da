"""The backbone's own handlers."""

from events.live.push import push

__all__ = ["push"]
