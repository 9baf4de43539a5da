"""The benchmark's own handlers and tasks, as an app of the site it measures."""

import os

from django.apps import AppConfig

from bench.live import stages


class BenchConfig(AppConfig):
    """Its handlers; and notes of where a change is, if they are asked for."""

    name = "bench"

    def ready(self) -> None:
        """Begin to note."""
        if stages.FILE in os.environ:
            stages.install()
