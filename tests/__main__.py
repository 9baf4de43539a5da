"""`make test`: the whole suite on SQLite, what a database may change on PostgreSQL too, with real servers and a real browser.

What the machine lacks is named before anything runs; nothing is skipped.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tests.support import servers


def missing() -> list[str]:
    """What the suite needs and the machine does not have."""
    found = []
    if not any(shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")):
        found.append("Chromium (Debian: apt-get install chromium), for the browser tests")
    if not shutil.which("node"):
        found.append("Node.js 20 or newer (Debian: apt-get install nodejs), for the tests of the browser modules")
    if not shutil.which("rabbitmq-server") and not Path("/usr/sbin/rabbitmq-server").exists():
        found.append("RabbitMQ (Debian: apt-get install rabbitmq-server), for the broker tests")
    return found


def run(title: str, command: list[str], environment: dict[str, str] | None = None) -> bool:
    """Run one part, and say how it went."""
    print(f"\n== {title}", flush=True)
    started = time.monotonic()
    code = subprocess.run(command, env={**os.environ, **(environment or {})}, check=False).returncode
    print(
        f"== {title}: {'passed' if code == 0 else f'FAILED ({code})'} in {time.monotonic() - started:.0f} s", flush=True
    )
    return code == 0


def main() -> int:
    """0 if every part passed."""
    if lacking := missing():
        print("The suite cannot run; this machine lacks:", *(f"  - {thing}" for thing in lacking), sep="\n")
        return 1
    for name in ("DATABASE_URL", "REDIS_URL", "BROKER_URL", "SECRET_KEY", "DATA_DIR", "DEMO"):
        os.environ.pop(name, None)
    pytest = [sys.executable, "-m", "pytest", *sys.argv[1:]]
    # What is timed runs alone, after the rest, with nothing beside it.
    parallel = [*pytest, "-n", "2", "--dist", "loadgroup", "-m"]
    together, alone = [*parallel, "not alone"], [*pytest, "-s", "-m", "alone"]
    modules = sorted(map(str, (servers.ROOT / "tests/js").glob("*.mjs")))
    results = [run("browser modules", ["node", "--test", *modules])]
    results.append(run("suite on SQLite", together))
    results.append(run("timed on SQLite", alone))
    with servers.postgres() as url:
        results.append(run("suite on PostgreSQL", [*parallel, "not alone and not once"], {"DATABASE_URL": url}))
        results.append(run("timed on PostgreSQL", alone, {"DATABASE_URL": url}))
        rabbit = {"DATABASE_URL": url, "TEST_BROKER": "rabbitmq"}
        results.append(run("conformance on PostgreSQL and RabbitMQ", [*parallel, "conformance"], rabbit))
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
