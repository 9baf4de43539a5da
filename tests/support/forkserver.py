"""Starts processes of the shop by forking one that has loaded its modules already.

A process that starts by itself takes one to two seconds of processor to load them. The suite starts hundreds.
A forked one runs the same program with the same environment, and ends, dies and is killed like any other.

One server per environment has loaded the shop; what it starts has only that environment. The server without an
environment has loaded the packages that the shop uses, which is three quarters of the work, and starts for any.
"""

import json
import os
import re
import runpy
import select
import signal
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (
    "PIL.Image",
    "celery.apps.worker",
    "celery.bin.worker",
    "celery.concurrency.solo",
    "celery.concurrency.thread",
    "channels_redis.pubsub",
    "django.conf.urls.i18n",
    "django.contrib.postgres.fields",
    "django.contrib.staticfiles.handlers",
    "django.core.management.commands.migrate",
    "django.db.backends.sqlite3.base",
    "django_countries.templatetags.countries",
    "fido2.server",
    "kombu.transport.pyamqp",
    "kombu.transport.redis",
)
"""What can be imported without settings and takes the most time (`python -X importtime`).

Not prometheus_client: its import reads the environment.
"""
LOADED = (
    "celery.bin.worker",
    "celery.apps.worker",
    "celery.app.trace",
    "celery.concurrency.prefork",
    "celery.concurrency.solo",
    "celery.concurrency.thread",
    "kombu.transport.pyamqp",
    "kombu.transport.redis",
    "channels_redis.pubsub",
    "shop.urls",
)
"""What most processes import.

Not daphne: its import makes an event loop, which two processes must not share. And not `shop.asgi`, which prepares the
server that was imported before it.
"""
LONGEST = 1 << 16


class Forked:
    """A process that a fork server started, with the part of `subprocess.Popen` that tests use."""

    def __init__(self, server: "ForkServer", args: list[str], pid: int) -> None:
        self.server, self.args, self.pid = server, args, pid

    @property
    def returncode(self) -> int | None:
        """The exit code, or minus the signal; None while the process runs."""
        return self.server.codes.get(self.pid)

    def poll(self) -> int | None:
        self.server.read(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        end = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
            self.server.read(left)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class ForkServer:
    """The client's side: one server process, for one environment or, without one, for any."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self.socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.codes: dict[int, int] = {}
        self.started: list[int] = []
        with theirs:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "tests.support.forkserver",
                    str(theirs.fileno()),
                    *([] if environment else ["any"]),
                ],
                cwd=ROOT,
                env=dict(environment or _plain()),
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )

    def start(
        self,
        command: list[str],
        output: IO[bytes],
        errors: IO[bytes] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Forked:
        """Run `command`, the arguments of Python, in a new process that prints to `output`, or `output` and `errors`.

        `environment` is for the server that starts for any.
        """
        asked = {"command": command, "environment": dict(environment) if environment is not None else None}
        socket.send_fds(self.socket, [json.dumps(asked).encode()], [output.fileno(), (errors or output).fileno()])
        while not self.started:
            self.read(60)
        return Forked(self, [sys.executable, *command], self.started.pop())

    def read(self, seconds: float | None) -> None:
        """Take in what the server says within that time: a process that it started, or the exit code of one."""
        if not select.select([self.socket], [], [], seconds)[0]:
            return
        message = self.socket.recv(LONGEST)
        if not message:
            raise AssertionError("the fork server ended; its standard error says why")
        said = json.loads(message)
        if "code" in said:
            self.codes[said["pid"]] = said["code"]
        else:
            self.started.append(said["pid"])

    def close(self) -> None:
        """End the server; it kills what it started."""
        self.socket.close()
        self.process.wait(10)


def serve(connection: socket.socket) -> list[str] | None:
    """Fork for each request, and report which children ended.

    Returns None at the end of the connection, and a command in each child.
    """
    woken, wake = socket.socketpair()
    for end in (woken, wake):
        end.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake.fileno())
    running: set[int] = set()
    while True:
        ready = select.select([connection, woken], [], [])[0]
        if woken in ready:
            woken.recv(LONGEST)
            for pid, code in ended(running):
                running.discard(pid)
                connection.send(json.dumps({"pid": pid, "code": code}).encode())
        if connection in ready:
            message, files, _, _ = socket.recv_fds(connection, LONGEST, 2)
            if not message:
                for pid in running:
                    os.kill(pid, signal.SIGKILL)
                return None
            if not (pid := os.fork()):
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                for stream, file in zip((1, 2), files, strict=True):
                    os.dup2(file, stream)
                    os.close(file)
                for own in (connection, woken, wake):
                    own.close()
                asked = json.loads(message)
                if asked["environment"] is not None:
                    os.environ.clear()
                    os.environ.update(asked["environment"])
                    ignore(asked["environment"].get("PYTHONWARNINGS", ""))
                command: list[str] = asked["command"]
                return command
            for file in files:
                os.close(file)
            running.add(pid)
            connection.send(json.dumps({"pid": pid}).encode())


def ended(running: set[int]) -> list[tuple[int, int]]:
    """(pid, exit code) of the processes that ended."""
    found = []
    for pid in running:
        gone, status = os.waitpid(pid, os.WNOHANG)
        if gone:
            found.append((pid, os.waitstatus_to_exitcode(status)))
    return found


def ignore(said: str) -> None:
    """What Python does at its start with PYTHONWARNINGS, for `ignore:MESSAGE`."""
    for action, _, message in (part.partition(":") for part in said.split(",") if part):
        assert action == "ignore", said
        warnings.filterwarnings("ignore", message=re.escape(message))


def run(command: list[str]) -> None:
    """What `python *command` does."""
    match command:
        case ["-m", module, *rest]:
            sys.argv = [module, *rest]
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        case ["-c", code, *rest]:
            sys.argv = ["-c", *rest]
            exec(code, {"__name__": "__main__"})  # noqa: S102 - the command is a test's
        case [file, *_]:
            sys.argv = command
            runpy.run_path(file, run_name="__main__")


def _plain() -> dict[str, str]:
    """The environment in which the packages are loaded. A package that looks for settings finds none."""
    return {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}


def main() -> None:
    """`python -m tests.support.forkserver FD [any]`."""
    connection = socket.socket(fileno=int(sys.argv[1]))
    os.set_inheritable(connection.fileno(), False)
    if sys.argv[2:]:
        names = PACKAGES
    else:
        import django

        django.setup()
        names = LOADED
    for name in names:
        import_module(name)
    if (command := serve(connection)) is not None:
        run(command)


if __name__ == "__main__":
    main()
