"""The suite's set-up: what is missing, what gets installed and how, and what somebody is told who may not install."""

import os
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tools import machine
from tools.machine import Need, System

ROOT = System("apt", root=True)
SUDO = System("apt", sudo=True)
NOBODY = System("apt")


def need(key, present=False, **options):
    return Need(key, key.title(), f"the tests with {key}", lambda: present, **{"debian": f"{key}-deb"} | options)


@pytest.fixture
def commands(monkeypatch):
    """What would be run, in order; everything succeeds."""
    ran = []

    def run(command, **options):
        ran.append(list(map(str, command)))
        return CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(machine.subprocess, "run", run)
    return ran


@pytest.fixture
def policy(monkeypatch, tmp_path):
    monkeypatch.setattr(machine, "POLICY", tmp_path / "policy-rc.d")
    return machine.POLICY


def test_what_is_there_is_not_missing(monkeypatch):
    monkeypatch.setattr(machine, "NEEDS", (need("here", present=True), need("away"), need("far")))
    assert [n.key for n in machine.missing()] == ["away", "far"]
    assert [n.key for n in machine.missing({"far", "here"})] == ["far"]
    assert machine.missing([]) == []


def test_a_need_that_does_not_exist_is_an_error():
    with pytest.raises(ValueError, match="chrome"):
        machine.missing(["chrome"])


@pytest.mark.parametrize(
    ("system", "may"),
    [
        (ROOT, True),
        (SUDO, True),
        (NOBODY, False),
        (System("brew"), True),
        (System("", root=True), False),  # a system whose packages we do not know
    ],
)
def test_only_who_may_installs(system, may):
    assert system.may_install is may


def test_packages_have_the_name_that_they_have_on_this_system():
    needs = [need("chromium", ubuntu="chromium-browser", brew="--cask google-chrome"), need("fonts")]
    assert ROOT.packages(needs) == ["chromium-deb", "fonts-deb"]
    assert System("apt", root=True, ubuntu=True).packages(needs) == ["chromium-browser", "fonts-deb"]
    assert System("brew").packages(needs) == ["--cask google-chrome"]  # a Mac has the fonts


@pytest.mark.parametrize(
    ("system", "command"),
    [
        (NOBODY, "sudo python3 tools/machine.py chromium rabbitmq"),
        (ROOT, "python3 tools/machine.py chromium rabbitmq"),
        (System("brew"), "brew install --cask google-chrome && brew install rabbitmq"),
        (System(""), "install Chromium, RabbitMQ with this system's package manager"),
    ],
)
def test_one_command_brings_what_is_missing(system, command):
    needs = [n for n in machine.NEEDS if n.key in ("chromium", "rabbitmq")]
    assert system.command(needs) == command


def test_root_updates_the_lists_and_installs_all_at_once(commands, policy, capfd):
    machine.install([need("chromium"), need("rabbitmq")], ROOT)
    update, install = commands
    assert update[0] == install[0] == "apt-get"
    assert update[-1] == "update"
    assert install[-5:] == ["install", "-y", "--no-install-recommends", "chromium-deb", "rabbitmq-deb"]
    assert "chromium-deb, rabbitmq-deb" in capfd.readouterr().out


def test_no_service_may_start_while_packages_are_installed(policy, monkeypatch):
    during = []

    def look(packages):
        during.append((policy.read_text(), os.access(policy, os.X_OK)))

    monkeypatch.setattr(machine, "_apt", look)
    machine.install([need("rabbitmq")], ROOT)
    assert during == [("#!/bin/sh\nexit 101\n", True)]  # 101 forbids
    assert not policy.exists()


def test_services_may_start_again_after_an_installation_that_failed(policy, monkeypatch):
    def fail(packages):
        raise KeyboardInterrupt

    monkeypatch.setattr(machine, "_apt", fail)
    with pytest.raises(KeyboardInterrupt):
        machine.install([need("rabbitmq")], ROOT)
    assert not policy.exists()


def test_the_policy_of_the_administrator_is_kept(commands, policy):
    policy.write_text("#!/bin/sh\nexit 0\n")
    machine.install([need("rabbitmq")], ROOT)
    assert policy.read_text() == "#!/bin/sh\nexit 0\n"


@pytest.mark.parametrize("systemd", [True, False])
def test_a_service_that_started_all_the_same_is_stopped(commands, policy, monkeypatch, tmp_path, systemd):
    monkeypatch.setattr(machine, "SYSTEMD", tmp_path if systemd else tmp_path / "none")
    machine.install([need("rabbitmq", present=True, services=("rabbitmq-server",))], ROOT)
    stop = ["systemctl", "disable", "--now", "rabbitmq-server"]
    assert commands[2:] == ([stop] if systemd else [])


def test_without_root_sudo_runs_the_same_program_for_the_same_needs(commands, policy):
    machine.install([need("chromium"), need("fonts")], SUDO)
    ((*sudo, python, program, first, second),) = commands
    assert sudo == ["sudo", "-n"]
    assert os.access(python, os.X_OK)
    assert Path(program) == Path(machine.__file__).resolve()
    assert (first, second) == ("chromium", "fonts")


def test_a_package_that_cannot_be_installed_is_still_missing_and_its_reason_is_shown(policy, monkeypatch, capfd):
    def fail(command, **options):
        return CompletedProcess(command, 100, "E: Unable to locate package chromium-deb", "")

    monkeypatch.setattr(machine.subprocess, "run", fail)
    monkeypatch.setattr(machine, "NEEDS", (need("chromium"),))
    monkeypatch.setattr(machine.System, "here", lambda: ROOT)
    assert machine.main([]) == 1
    said = capfd.readouterr()
    assert "E: Unable to locate package" in said.out
    assert "lacks Chromium" in said.err
    assert "python3 tools/machine.py chromium" in said.err


def test_the_newest_postgresql_is_taken(monkeypatch, tmp_path):
    for version in ("9.6", "15", "17"):
        folder = tmp_path / version / "bin"
        folder.mkdir(parents=True)
        for name in ("initdb", "postgres"):
            (folder / name).touch()
    (tmp_path / "18" / "bin").mkdir(parents=True)  # a client without a server
    monkeypatch.setattr(machine, "POSTGRES", (f"{tmp_path}/*/bin",))
    monkeypatch.setattr(machine.shutil, "which", lambda name: None)
    assert machine.postgres() == tmp_path / "17" / "bin"


def test_every_need_can_be_named():
    keys = [n.key for n in machine.NEEDS]
    assert len(set(keys)) == len(keys)
    assert all(n.debian for n in machine.NEEDS)
