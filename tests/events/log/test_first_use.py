"""Threads that decode their first event of a type at the same time.

msgspec collects what it knows of a class at its first use, without a lock.
"""

import re
import signal
import subprocess
import sys

import pytest

from tests.support.servers import ROOT

PROGRAM = """
import sys, threading
import msgspec
from events.log import types

guarded = sys.argv[1] == "guarded"
sys.setswitchinterval(1e-6)
plain = [(f"f{n}", int | str | None) for n in range(12)]
body = msgspec.json.encode({**{name: 1 for name, _ in plain}, "line": {"skus": ["A"]}, "lines": []})
for n in range(300):
    line = msgspec.defstruct("Line", [("skus", list["int | str"])])
    fields = [*plain, ("line", line), ("lines", list[line])]
    cls = msgspec.defstruct("Happened", fields, bases=(types.DomainEvent,), kw_only=True, frozen=True)
    if guarded:
        types.event(f"happened.{n}")(cls)
        first = lambda: types.decode(f"happened.{n}", 1, body)
    else:
        first = lambda: msgspec.json.decode(body, type=cls)
    together, found = threading.Barrier(4), []

    def meet():
        together.wait()
        found.append(first().f11)

    threads = [threading.Thread(target=meet) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [1] * 4, found
"""


def end_of(kind):
    return subprocess.run([sys.executable, "-c", PROGRAM, kind], cwd=ROOT, capture_output=True, timeout=60).returncode


def test_threads_that_decode_their_first_event_at_once_all_get_it():
    assert end_of("guarded") == 0


def test_without_a_decoder_made_before_they_crash_the_process():
    """When this fails, msgspec has mended it, and the guard may go."""
    assert end_of("unguarded") in (-signal.SIGSEGV, -signal.SIGABRT, -signal.SIGBUS)


@pytest.mark.parametrize("folder", ["events", "orders", "shop"])
def test_no_class_is_met_first_by_whoever_decodes_it(folder):
    """Decoders of classes are made when their module is imported."""
    met = re.compile(r"msgspec\.\w+\.decode\([^)]*type=(?!dict|list)")
    assert [str(path) for path in (ROOT / folder).rglob("*.py") if met.search(path.read_text())] == []
