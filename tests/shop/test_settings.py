"""A setting that cannot work ends the start with one clear line and exit code 1."""

import os
import socket
import subprocess
import sys

import pytest

from tests.support.servers import ROOT, free_port

GOOD = {"SECRET_KEY": "x" * 50, "EVENT_SIGNING_KEYS": "a:" + "A" * 43 + "="}


def manage(*command, **environment):
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=kept | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"DEBUG": "0"}, "SECRET_KEY is not set"),
        ({"DEBUG": "0", "SECRET_KEY": "x" * 50}, "EVENT_SIGNING_KEYS is not set"),
        ({"SECRET_KEY": "x" * 50}, "EVENT_SIGNING_KEYS is not set"),
        ({**GOOD, "SECRET_KEY": "short"}, "SECRET_KEY is too short"),
        ({**GOOD, "EVENT_SIGNING_KEYS": "a:short"}, "EVENT_SIGNING_KEYS"),
        ({**GOOD, "DEBUG": "perhaps"}, "DEBUG must be 1 or 0"),
        ({**GOOD, "DATABASE_URL": "oracle://x/y"}, "DATABASE_URL"),
        ({**GOOD, "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"}, "DATABASE_URL cannot be reached"),
        ({**GOOD, "REDIS_URL": "redis://127.0.0.1:1/0"}, "REDIS_URL cannot be reached"),
        ({**GOOD, "REDIS_URL": "ftp://x"}, "REDIS_URL"),
        ({"DATA_DIR": "/proc/nope"}, "cannot be written"),
        ({**GOOD, "DATA_DIR": "/proc/nope"}, "cannot be written"),
        ({**GOOD, "EVENT_QUEUES": "live=1"}, "wants the queue"),
        ({**GOOD, "EVENT_QUEUES": "live=many"}, "EVENT_QUEUES"),
    ],
)
def test_a_start_that_cannot_work_says_why_in_one_line(tmp_path, environment, said):
    result = manage("serve", "--port", str(free_port()), **({"DATA_DIR": str(tmp_path)} | environment))
    assert result.returncode == 1
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_port_in_use_says_so(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = manage("serve", "--port", str(port), DATA_DIR=str(tmp_path))
    assert result.returncode == 1
    assert result.stderr.startswith(f"doorbell: Port {port} is in use")


def test_secrets_of_the_demo_are_made_once_and_readable_by_nobody_else(tmp_path):
    for _ in range(2):
        result = manage("check", DATA_DIR=str(tmp_path))
        assert result.returncode == 0
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


def test_the_demo_is_off_as_soon_as_a_secret_is_given(tmp_path):
    code = "from django.conf import settings; print(settings.DEMO)"
    assert manage("shell", "-v0", "-c", code, DATA_DIR=str(tmp_path), **GOOD).stdout.strip() == "False"
    assert manage("shell", "-v0", "-c", code, DATA_DIR=str(tmp_path)).stdout.strip() == "True"
