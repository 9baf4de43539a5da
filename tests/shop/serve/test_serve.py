"""`manage.py serve`: starts everything, looks after it, stops everything."""

import os
import signal
import subprocess
import sys
import time

import httpx
import psutil
import pytest

from shop.serve.supervisor import Process
from tests.support.servers import ROOT, free_port, up, wait_until


class Served:
    def __init__(self, folder):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--port", str(self.port)],
            cwd=ROOT,
            env=kept | {"DATA_DIR": str(folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def up(self, seconds=60):
        up(self.url, "/readyz", seconds)
        return self

    def children(self):
        return psutil.Process(self.process.pid).children(recursive=True)


@pytest.fixture
def served(tmp_path):
    running = []

    def start():
        running.append(Served(tmp_path))
        return running[-1]

    yield start
    for one in running:
        if one.process.poll() is None:
            one.process.terminate()
            one.process.wait(15)


def words(process):
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def still_there(children):
    """The command lines of those that run yet."""
    return [" ".join(words(c)) for c in psutil.wait_procs(children, 0)[1] if running(c)]


def running(process):
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.alone
@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_every_process_within_ten_seconds(served, stop):
    shop = served().up()
    children = shop.children()
    assert len(children) >= 5
    before = time.monotonic()
    shop.process.send_signal(stop)
    assert shop.process.wait(12) == 0
    assert time.monotonic() - before < 10
    assert still_there(children) == []


@pytest.mark.alone
def test_kill_9_leaves_nobody_behind_and_the_next_start_keeps_the_data(served, tmp_path):
    shop = served().up()
    children = shop.children()
    shop.process.kill()
    shop.process.wait()
    psutil.wait_procs(children, 10)
    assert still_there(children) == []
    again = served()
    before = time.monotonic()
    again.up()
    assert time.monotonic() - before < 8 * float(os.environ.get("SLOW", "2"))
    assert "Enamel milk pan" in httpx.get(f"{again.url}/products/enamel-milk-pan/").text
    assert (tmp_path / "doorbell.sqlite3").exists()


def test_a_process_that_dies_is_started_again_with_a_line_in_the_log(served):
    shop = served().up()
    relay = next(c for c in shop.children() if "relay" in words(c))
    relay.kill()
    wait_until(lambda: [c for c in shop.children() if "relay" in words(c) and c.pid != relay.pid], what="a new relay")
    shop.process.terminate()
    out, _ = shop.process.communicate(timeout=60)
    assert "relay ended (exit code -9); starting it again" in out
    assert "shopper@example.com" in out
    assert shop.url in out


def test_a_process_that_is_to_stand_back_does():
    mine = os.nice(0)
    code = "import os, sys; sys.exit(os.nice(0))"
    for niceness in (0, 10):
        process = Process("stands back", [sys.executable, "-c", code], niceness=niceness)
        process.start()
        assert process.child.wait(10) == min(19, mine + niceness)


def test_a_process_stands_back_as_a_session_too():
    """Each child is a session of its own: Linux shares the processor among sessions before it looks at `nice`."""
    kernel_has_them = os.path.exists("/proc/self/autogroup")
    code = (
        "import sys; sys.exit(int(open('/proc/self/autogroup').read().split()[-1]))" if kernel_has_them else "exit(7)"
    )
    process = Process("stands back", [sys.executable, "-c", code], niceness=7)
    process.start()
    assert process.child.wait(10) == 7
