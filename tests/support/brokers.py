"""Brokers that can be stopped, started again on the same port, and that come back empty."""

import os
from contextlib import ExitStack

from tests.support import servers


class Broker:
    """`kind` is valkey or rabbitmq. Real servers on ports of their own."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.running = ExitStack()
        self.url = ""
        self.ports: list[int] = [servers.free_port() for _ in range(3)]

    def start(self) -> str:
        if self.kind == "rabbitmq":
            self.url = self.running.enter_context(servers.rabbitmq(self.ports))
        else:
            self.url = self.running.enter_context(servers.valkey(self.ports[0]))
        return self.url

    def stop(self) -> None:
        self.running.close()

    def restart_empty(self) -> None:
        self.stop()
        self.start()


def chosen() -> str:
    """Which broker this run of the suite is for."""
    return os.environ.get("TEST_BROKER", "valkey")
