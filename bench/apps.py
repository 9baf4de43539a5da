"""The benchmark's own handlers and tasks, as an app of the site it measures."""

from django.apps import AppConfig


class BenchConfig(AppConfig):
    """Nothing but its handlers."""

    name = "bench"
