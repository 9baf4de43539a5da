"""A host: a Debian that lies over this machine's files, booted by systemd-nspawn in a network namespace."""

import contextlib
import errno
import os
import pty
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from tests.hosts import network
from tests.support.servers import wait_until

ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LANG": "C.UTF-8",
}
STUCK = "systemctl list-jobs; journalctl --no-pager --lines=60"
CGROUPS = Path("/sys/fs/cgroup")


class Failed(AssertionError):
    """A command on a host failed; the message has its output."""


class Layer:
    """A file system over others: what is written here changes nothing below."""

    def __init__(self, folder: Path, *below: "Layer") -> None:
        self.folder = folder
        self.changes, self.root = folder / "changes", folder / "root"
        for part in (self.changes, folder / "work", self.root):
            part.mkdir(parents=True)
        under = ":".join([*(str(layer.changes) for layer in below), "/"])
        options = f"lowerdir={under},upperdir={self.changes},workdir={folder / 'work'}"
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, self.root], check=True)

    def run(self, script: str) -> None:
        """Run commands in it, with this machine's network, without booting it."""
        for name in ("proc", "dev", "sys"):
            subprocess.run(["mount", "--rbind", "--make-rslave", f"/{name}", self.root / name], check=True)
        try:
            # These tests run where there is no internet; who started them does not.
            command = ["nsenter", f"--net=/proc/{os.environ['DOORBELL_HOSTS']}/ns/net", "chroot", self.root]
            command += ["bash", "-euc", script]
            done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)
        finally:
            for name in ("proc", "dev", "sys"):
                subprocess.run(["umount", "--recursive", "--lazy", self.root / name], check=True)
        if done.returncode:
            raise Failed(f"{script}\n{done.stdout}\n{done.stderr}")

    def unmount(self) -> None:
        """Before it may lie under another one."""
        subprocess.run(["umount", self.root], check=True)


class Host:
    """One host, which can be booted, killed and cut off."""

    def __init__(self, name: str, folder: Path, below: Sequence[Layer], binds: Sequence[str] = ()) -> None:
        self.name, self.binds = name, binds
        self.layer = Layer(folder, *below)
        self.log = folder / "console.log"
        self.nspawn: subprocess.Popen[bytes] | None = None
        self.leader = 0
        (self.layer.root / "etc/hostname").write_text(f"{name}\n")

    def boot(self) -> None:
        """Start its systemd, and wait until everything that is enabled runs."""
        command = [
            *("systemd-nspawn", "--quiet", "--settings=no", "--register=no", "--keep-unit", "--console=pipe"),
            *(f"--directory={self.layer.root}", f"--machine={self.name}", f"--hostname={self.name}"),
            f"--network-namespace-path=/run/netns/{network.namespace(self.name)}",
            *("--resolv-conf=off", "--timezone=off", "--link-journal=no"),
            *(f"--bind={bind}" for bind in self.binds),
            *("--boot", "systemd.unit=multi-user.target"),
        ]
        with self.log.open("ab") as log:
            self.nspawn = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=self._own_cgroup,
            )
        self.leader = wait_until(self._find_leader, 30, f"{self.name}'s systemd: {self.log.read_text()[-2000:]}")
        try:
            wait_until(self._booted, 60, f"{self.name} to boot")
        except AssertionError as problem:
            raise Failed(f"{problem}: {self._state(STUCK)}") from problem

    def _own_cgroup(self) -> None:
        """Each systemd rules over a part of the tree of its own."""
        for top in (CGROUPS / "systemd", CGROUPS / "unified", CGROUPS):
            if (top / "cgroup.procs").exists():
                own = top / f"{network.PREFIX}{self.name}"
                own.mkdir(exist_ok=True)
                (own / "cgroup.procs").write_text(str(os.getpid()))

    def _find_leader(self) -> int:
        assert self.nspawn
        if self.nspawn.poll() is not None:
            raise Failed(f"{self.name} did not boot: {self.log.read_text()[-2000:]}")
        listed = Path(f"/proc/{self.nspawn.pid}/task/{self.nspawn.pid}/children").read_text().split()
        for pid in map(int, listed):
            with contextlib.suppress(FileNotFoundError):  # it lived for a moment
                if Path(f"/proc/{pid}/comm").read_text().strip() == "systemd":
                    return pid
        return 0

    def _booted(self) -> bool:
        time.sleep(0.5)  # a systemd that is asked all the time does not get on
        return self._state("systemctl is-system-running").strip() in ("running", "degraded")

    def _state(self, script: str) -> str:
        done = subprocess.run(
            self._inside(script), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        return done.stdout

    def _inside(self, script: str) -> list[str]:
        namespaces = ("--mount", "--uts", "--ipc", "--net", "--pid", "--root", "--wd")
        given = [f"{name}={value}" for name, value in ENVIRONMENT.items()]
        return ["nsenter", "--target", str(self.leader), *namespaces, "env", "-i", *given, "bash", "-euc", script]

    def run(self, script: str, seconds: float = 300) -> str:
        """Run commands as root; returns what they print. Raises `Failed`."""
        done = subprocess.run(
            self._inside(script),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        if done.returncode:
            raise Failed(f"on {self.name}, exit code {done.returncode}:\n{script}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def talk(self, script: str, answers: dict[str, str]) -> str:
        """Run a command in a terminal and answer its questions: a part of each question, and what is typed."""
        pid, terminal = pty.fork()
        if pid == 0:
            command = self._inside(script)
            try:
                os.execvp(command[0], command)
            finally:
                os._exit(127)
        seen, asked, end = "", 0, time.monotonic() + 60
        questions = list(answers.items())
        while True:
            if not select.select([terminal], [], [], max(0, end - time.monotonic()))[0]:
                os.kill(pid, signal.SIGKILL)
                raise Failed(f"on {self.name}: {script} asks something else\n{seen}")
            try:
                piece = os.read(terminal, 4096)
            except OSError as problem:  # the other side of the terminal is gone
                if problem.errno != errno.EIO:
                    raise
                break
            if not piece:
                break
            seen += piece.decode(errors="replace")
            if asked < len(questions) and questions[asked][0] in seen:
                time.sleep(0.3)  # a password is read after the terminal was emptied
                os.write(terminal, questions[asked][1].encode() + b"\n")
                seen, asked = "", asked + 1
        os.close(terminal)
        _, status = os.waitpid(pid, 0)
        if os.waitstatus_to_exitcode(status):
            raise Failed(f"on {self.name}: {script}\n{seen}")
        return seen

    def kill(self) -> None:
        """The network is gone at once, then every process. (Unlike with a power cut, what was written stays.)"""
        network.cut(self.name)
        assert self.nspawn
        os.kill(self.leader, signal.SIGKILL)
        self.nspawn.wait(20)

    def revive(self) -> None:
        """Boot it again after `kill`."""
        network.cut(self.name, off=False)
        self.boot()

    def stop(self) -> None:
        """For good."""
        if self.nspawn and self.nspawn.poll() is None:
            os.kill(self.leader, signal.SIGKILL)
            self.nspawn.wait(20)


def end_all() -> None:
    """Kill every process of every host, those of a run that was killed included."""
    for top in (CGROUPS / "systemd", CGROUPS / "unified", CGROUPS):
        for own in top.glob(f"{network.PREFIX}*/"):
            for _ in range(50):
                for procs in own.rglob("cgroup.procs"):
                    for pid in map(int, procs.read_text().split()):
                        with contextlib.suppress(ProcessLookupError):
                            os.kill(pid, signal.SIGKILL)
                with contextlib.suppress(OSError):
                    for folder in sorted((f for f in own.rglob("*") if f.is_dir()), reverse=True):
                        folder.rmdir()
                    own.rmdir()
                    break
                time.sleep(0.1)


FRESH = """
rm -rf /etc/systemd/system/*.target.wants /etc/nginx/sites-enabled/doorbell.conf /srv/doorbell*
: > /etc/machine-id
systemctl mask getty.target console-getty.service systemd-networkd.service systemd-resolved.service \\
    systemd-timesyncd.service systemd-logind.service systemd-modules-load.service systemd-udevd.service
version=$(ls /usr/lib/postgresql | sort -n | tail -n 1)
pg_dropcluster --stop "$version" main || true
pg_createcluster "$version" main
rm -rf /var/lib/rabbitmq/mnesia /var/lib/redis/*
"""

APT = """#!/bin/sh
# The packages are there already; they start their services now, as they do when Debian installs them.
for word; do
    case $word in install|-*) continue ;; esac
    dpkg --status "$word" > /dev/null || exit 100
    case $word in
        postgresql|pgbouncer|redis-server|rabbitmq-server|nginx) systemctl enable --quiet --now "$word" ;;
    esac
done
"""


def fresh_debian(folder: Path) -> Layer:
    """A Debian on which nothing was set up yet: no service is enabled, and every host knows the others' names."""
    layer = Layer(folder)
    layer.run(FRESH)
    lines = ["127.0.0.1 localhost", *(f"{address} {name}" for name, address in network.NAMES_INSIDE.items())]
    (layer.root / "etc/hosts").write_text("\n".join(lines) + "\n")
    apt = layer.root / "usr/local/sbin/apt-get"
    apt.write_text(APT)
    apt.chmod(0o755)
    layer.unmount()
    return layer


def copy_of_the_project(root: Path, target: Path) -> None:
    """The files that git knows, changed ones included."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (root / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / name, target / name)


def with_packages(folder: Path, debian: Layer, root: Path, install: str) -> Layer:
    """A Debian with the project in /srv/doorbell and its Python packages. Hosts have no internet to get them from."""
    layer = Layer(folder, debian)
    copy_of_the_project(root, layer.root / "srv/doorbell-1.0")
    (layer.root / "srv/doorbell").symlink_to("doorbell-1.0")
    layer.run(install)
    layer.unmount()
    return layer
