"""The commands of docs/operations.md for several hosts are commands: `make hosts` runs them, this reads them."""

import re
import subprocess

from tests.hosts import guide, network
from tests.support.servers import ROOT


def test_every_host_of_the_page_is_set_up() -> None:
    named = {host for step in guide.steps() for host in step.hosts}
    assert named == set(network.SHOP)


def test_the_shell_understands_every_command() -> None:
    for step in [*guide.steps(guide.INSTALL), *guide.steps(guide.RESTORE)]:
        done = subprocess.run(["bash", "-n"], input=step.commands, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_every_file_and_unit_that_a_command_names_is_there() -> None:
    commands = "\n".join(step.commands for step in guide.steps())
    for path in re.findall(r"/srv/doorbell/(deploy/\S+|requirements\.lock)", commands):
        assert list(ROOT.glob(path)), path
    for unit, instance in re.findall(r"doorbell-(\w+)@(\w+)", commands):
        assert (ROOT / f"deploy/systemd/doorbell-{unit}@.service").exists(), unit
        assert unit != "worker" or (ROOT / f"deploy/systemd/workers/{instance}").exists(), instance
    started = set(re.findall(r"doorbell-worker@(\w+)", commands))
    assert started == {path.name for path in (ROOT / "deploy/systemd/workers").iterdir()}


def test_whoever_installs_the_packages_makes_the_fonts_too() -> None:
    """Otherwise each web process makes them at its first start, and answers ten seconds later."""
    page = (ROOT / "docs/operations.md").read_text()
    installs = re.findall(r"^ *(/srv/\S+)/\.venv/bin/pip install .*\n(.*)$", page, re.MULTILINE)
    assert {folder for folder, _ in installs} == {"/srv/doorbell", "/srv/doorbell-1.1"}
    for folder, following in installs:
        assert following.strip() == f"PYTHONPATH={folder} {folder}/.venv/bin/python -m shop.lib.font_files"
