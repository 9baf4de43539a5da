"""A forked process of the shop is like one that was started: its program, output, exit code and death."""

import os
import signal
import subprocess
import tempfile

import psutil
import pytest

from tests.conftest import environment
from tests.support.forkserver import ForkServer
from tests.support.servers import wait_until

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def server(django_db_setup, redis_url):
    running = ForkServer({**os.environ, **environment(redis_url, MINE="yes")})
    yield running
    running.close()


@pytest.fixture
def output():
    with tempfile.TemporaryFile() as file:
        yield file


def said(output):
    output.seek(0)
    return output.read().decode().split()


def test_it_runs_a_command_with_its_arguments_and_environment(server, output):
    code = "import os, sys; print(os.environ['MINE'], *sys.argv[1:]); print('error', file=sys.stderr); sys.exit(3)"
    assert server.start(["-c", code, "a", "b"], output).wait(20) == 3
    assert sorted(said(output)) == ["a", "b", "error", "yes"]


def test_a_server_for_any_environment_gives_each_process_its_own_and_loads_the_shop_in_it(tmp_path, output):
    server = ForkServer()
    try:
        for name in ("one", "two"):
            mine = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), "DEMO": "1", "BRAND": name}
            code = "from django.conf import settings; print(settings.BRAND, 'HOME' in __import__('os').environ)"
            assert server.start(["manage.py", "shell", "-v0", "-c", code], output, environment=mine).wait(60) == 0
        assert said(output) == ["one", "False", "two", "False"]
        broken = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), "DEMO": "perhaps"}
        assert server.start(["manage.py", "check"], output, environment=broken).wait(60) == 1
        assert "DEMO" in said(output)[4:][1]
    finally:
        server.close()


def test_output_and_errors_can_be_apart(server, output):
    with tempfile.TemporaryFile() as errors:
        code = "import sys; print('output'); print('error', file=sys.stderr)"
        assert server.start(["-c", code], output, errors).wait(20) == 0
        assert (said(output), said(errors)) == (["output"], ["error"])


def test_it_runs_a_file_and_a_module(server, output):
    assert server.start(["manage.py", "check", "--help"], output).wait(20) == 0
    assert server.start(["-m", "celery", "--version"], output).wait(20) == 0
    assert "manage.py" in said(output)


def test_an_exception_ends_it_with_1_and_is_printed(server, output):
    assert server.start(["-c", "raise ValueError('broken')"], output).wait(20) == 1
    assert "ValueError:" in said(output)


def test_a_killed_process_has_the_signal_as_its_code(server, output):
    process = server.start(["-c", "import time; time.sleep(60)"], output)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.1)
    assert process.poll() is None
    process.kill()
    assert process.wait(20) == -signal.SIGKILL
    process.kill()  # it is gone: nobody else's process is killed


def test_processes_do_not_outlive_their_server(redis_url, output):
    server = ForkServer({**os.environ, **environment(redis_url)})
    process = server.start(["-c", "import time; time.sleep(60)"], output)
    server.close()
    wait_until(lambda: not psutil.pid_exists(process.pid), what="the process to be killed")
