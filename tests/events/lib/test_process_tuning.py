"""Objects that live for a while are collected, although no full collection runs."""

import subprocess
import sys

import pytest

from tests.support.servers import ROOT

LIVES = """
import gc
{prepare}

class Socket:
    def __init__(self):
        self.me = self  # a cycle, as most of what a connection holds
        self.parts = [[] for _ in range(100)]

brought = [[] for _ in range(400_000)]  # as Django and the apps
{set_aside}
alive, most = [], 0
for n in range(100_000):
    alive.append(Socket())
    del alive[:-30]
    if n % 500 == 0:
        most = max(most, len(gc.get_objects()))
print(most)
"""


def most_objects(prepare: str, set_aside: str) -> int:
    script = LIVES.format(prepare=prepare, set_aside=set_aside)
    return int(
        subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True, cwd=ROOT).stdout
    )


def test_what_lived_for_minutes_is_given_back_when_it_ends():
    ours = most_objects("from events.lib import process_tuning", "process_tuning.set_aside()")
    assert ours < 70_000  # 3,000 are alive; the rest waits for its look


@pytest.mark.parametrize(
    "guard_off",
    [
        # What was set aside counts.
        "gc.collect(); gc.freeze(); gc.set_threshold(process_tuning.YOUNG, process_tuning.OLDER, process_tuning.OLDER)",
        "gc.collect(); gc.freeze(); gc.collect(); gc.set_threshold(process_tuning.YOUNG, 20, 20)",  # seldom
    ],
)
def test_without_either_rule_more_of_what_ended_is_kept(guard_off):
    assert most_objects("from events.lib import process_tuning", guard_off) > 90_000
