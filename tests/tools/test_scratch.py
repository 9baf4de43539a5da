"""Files of the suite: each pytest worker has a folder of its own, shared with the processes that it starts."""

import os
import subprocess
import sys
from pathlib import Path

FOLDER = "from tests import settings; import os; print(os.environ['DATA_DIR'])"
FOLDER_OF_A_CHILD = f"import subprocess, sys, tests.settings; subprocess.run([sys.executable, '-c', {FOLDER!r}])"


def folder(code: str, data: Path, worker: str) -> str:
    others = {name: value for name, value in os.environ.items() if name not in ("DATA_DIR_OF", "PYTEST_XDIST_WORKER")}
    environment = others | {"DATA_DIR": str(data)} | ({"PYTEST_XDIST_WORKER": worker} if worker else {})
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def test_two_pytest_workers_never_write_the_same_file(tmp_path):
    assert folder(FOLDER, tmp_path, "") == str(tmp_path)
    assert folder(FOLDER, tmp_path, "gw0") == str(tmp_path / "gw0")
    assert folder(FOLDER, tmp_path, "gw1") == str(tmp_path / "gw1")


def test_a_process_that_a_worker_starts_has_the_same_folder(tmp_path):
    assert folder(FOLDER_OF_A_CHILD, tmp_path, "gw0") == str(tmp_path / "gw0")
