"""Starts processes of the shop by forking one that has loaded the shop already.

A process that starts by itself takes a second of processor to load its modules. The suite starts hundreds.
A forked one runs the same program with the same environment, and ends, dies and is killed like any other.
"""

import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]
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
    """The client's side: one server process for one environment."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.codes: dict[int, int] = {}
        self.started: list[int] = []
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.forkserver", str(theirs.fileno())],
                cwd=ROOT,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )

    def start(self, command: list[str], output: IO[bytes]) -> Forked:
        """Run `command`, the arguments of Python, in a new process that prints to `output`."""
        socket.send_fds(self.socket, [json.dumps(command).encode()], [output.fileno()])
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
            message, files, _, _ = socket.recv_fds(connection, LONGEST, 1)
            if not message:
                for pid in running:
                    os.kill(pid, signal.SIGKILL)
                return None
            if not (pid := os.fork()):
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                for stream in (1, 2):
                    os.dup2(files[0], stream)
                for own in (connection, woken, wake):
                    own.close()
                command: list[str] = json.loads(message)
                return command
            os.close(files[0])
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


def main() -> None:
    """`python -m tests.support.forkserver FD`."""
    import django

    connection = socket.socket(fileno=int(sys.argv[1]))
    os.set_inheritable(connection.fileno(), False)
    django.setup()
    for name in LOADED:
        import_module(name)
    if (command := serve(connection)) is not None:
        run(command)


if __name__ == "__main__":
    main()
