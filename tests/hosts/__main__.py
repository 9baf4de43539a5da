"""`make hosts`: builds the networks, and runs the tests in the customers' namespace. Options are pytest's.

It needs root on a Debian, because it makes network namespaces and mounts.
"""

import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.hosts import network
from tests.hosts.host import end_all
from tests.support.servers import ROOT
from tools import machine

LOCK = Path("/run/doorbell-hosts.lock")


def main(options: list[str]) -> int:
    """pytest's exit code; 1 where this machine cannot do it."""
    system = machine.System.here()
    if os.getuid() or system.packager != "apt":
        sys.stderr.write("make hosts needs root on Debian: it makes network namespaces and boots a systemd in each.\n")
        return 1
    needs = machine.missing(machine.HOSTS)
    machine.install(needs, system)
    if needs := machine.missing(machine.HOSTS):
        sys.stderr.write(f"This machine lacks {', '.join(need.title for need in needs)}.\n")
        return 1
    with LOCK.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.stderr.write("make hosts runs already on this machine.\n")
            return 1
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
        return run(options)


def run(options: list[str]) -> int:
    """The tests, between networks that are made for them and removed."""
    inside = ["nsenter", f"--net=/run/netns/{network.namespace('customer')}"]
    private = ["unshare", "--mount", "--propagation=private"]  # mounts end with the tests, whatever ends them
    tests = [sys.executable, "-m", "pytest", "-p", "no:randomly", "-v", "-s", *(options or ["tests/hosts"])]
    environment = os.environ | {"DOORBELL_HOSTS": str(os.getpid())}
    end_all()
    network.remove()
    try:
        network.make()
        dies_with_us = ["setpriv", "--pdeathsig", "KILL"]
        command = [*dies_with_us, *inside, *private, *tests]
        return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    finally:
        end_all()
        network.remove()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
