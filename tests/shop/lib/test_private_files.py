"""What the shop writes cannot be read by other users of the machine."""

import os
import stat
import subprocess
import sys

import pytest

from shop.lib import private_files
from tests.support.servers import ROOT

OTHERS = stat.S_IRWXO


@pytest.mark.parametrize(("before", "after"), [(0o022, 0o027), (0o077, 0o077), (0o002, 0o007), (0o000, 0o007)])
def test_others_lose_their_rights_and_the_group_keeps_what_it_has(before, after):
    former = os.umask(before)
    try:
        private_files.keep_from_others()
        assert os.umask(before) == after
    finally:
        os.umask(former)


def test_the_database_and_all_that_is_written_beside_it_are_closed_to_others(tmp_path):
    folder = tmp_path / "data"
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(folder), "DEMO": "1"}
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=environment, check=True, timeout=120, umask=0o022
    )
    written = [folder, *folder.rglob("*")]
    assert folder / "doorbell.sqlite3" in written
    assert [path for path in written if path.stat().st_mode & OTHERS] == []


def test_a_folder_of_an_older_version_is_closed(tmp_path):
    tmp_path.chmod(0o755)
    private_files.close_folder(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o750
    private_files.close_folder(tmp_path / "none")
