"""Start processes, restart those that die, stop them all. None outlives the supervisor, however that ends."""

import contextlib
import ctypes
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

logger = logging.getLogger("doorbell")

STOP_SECONDS = 7.0  # then SIGKILL; the promise is 10 s for everything
LONGEST_PAUSE = 30.0
STEADY = 10.0  # seconds after which a process counts as well again

_PR_SET_PDEATHSIG = 1


def _tied_to(parent: int, stop_signal: int, niceness: int) -> Callable[[], None]:
    """Runs in the child before exec: sets its priority, and makes Linux signal it when the supervisor dies."""
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

    def tie() -> None:
        if libc is not None:
            libc.prctl(_PR_SET_PDEATHSIG, stop_signal, 0, 0, 0)
        os.nice(niceness)
        # Linux shares the processor out among sessions first (sched(7), autogroup), and each child is one.
        with contextlib.suppress(OSError), open("/proc/self/autogroup", "w") as group:
            group.write(str(niceness))
        if os.getppid() != parent:  # it died before the tie was made
            os._exit(1)

    return tie


@dataclass
class Process:
    """One child and its history."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    death_signal: int = signal.SIGTERM
    niceness: int = 0
    """How far it stands back for the others when there is not enough processor for all (`nice(2)`)."""
    child: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = 0.5
    due: float = 0.0

    def start(self) -> None:
        """Run it in a process group of its own, so that a Ctrl-C of the terminal reaches only the supervisor."""
        self.child = subprocess.Popen(
            self.command,
            env={**os.environ, **self.environment},
            preexec_fn=_tied_to(os.getpid(), self.death_signal, self.niceness),  # noqa: PLW1509 - one thread, see above
            start_new_session=True,
            stdin=subprocess.DEVNULL,
        )
        self.started = time.monotonic()

    @property
    def running(self) -> bool:
        return self.child is not None and self.child.poll() is None


class Supervisor:
    """Children in the order they are to start; they stop in the reverse order."""

    def __init__(self) -> None:
        self.processes: list[Process] = []
        self.stopping = False

    def add(self, process: Process) -> Process:
        """Start it, and look after it from now on."""
        self.processes.append(process)
        process.start()
        return process

    def watch(self, tick: float = 0.2) -> None:
        """Until `stopping` is set (by a signal handler)."""
        while not self.stopping:
            now = time.monotonic()
            for process in self.processes:
                self._look_after(process, now)
            time.sleep(tick)

    def _look_after(self, process: Process, now: float) -> None:
        if process.running:
            if now - process.started > STEADY:
                process.pause = 0.5
            return
        if process.due == 0.0:
            code = process.child.returncode if process.child else None
            logger.warning("%s ended (exit code %s); starting it again in %.1f s", process.name, code, process.pause)
            process.due = now + process.pause
            process.pause = min(LONGEST_PAUSE, process.pause * 2)
        elif now >= process.due:
            process.due = 0.0
            process.start()
            logger.info("%s is running again", process.name)

    def stop(self) -> None:
        """SIGTERM to all, then SIGKILL to whoever is still there. The last started (which serve) end first."""
        for process in reversed(self.processes):
            if process.running and process.child:
                process.child.terminate()
        end = time.monotonic() + STOP_SECONDS
        for process in reversed(self.processes):
            if process.child is None:
                continue
            try:
                process.child.wait(max(0.05, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                logger.warning("%s did not stop in time; killed", process.name)
                process.child.kill()
                process.child.wait()
