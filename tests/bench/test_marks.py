"""Every event and task of the throughput figures leaves a mark, so that a lost and a doubled one show."""

import subprocess
import sys

import pytest

from bench.kit import ROOT
from bench.throughput import marks


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(marks.FOLDER, str(tmp_path))
    monkeypatch.setattr(marks, "_mine", {})
    return tmp_path


def in_another_process(*numbers):
    code = "import sys; from bench.throughput import marks; [marks.leave(int(n)) for n in sys.argv[1:]]"
    subprocess.run([sys.executable, "-c", code, *map(str, numbers)], cwd=ROOT, check=True)


def test_each_run_once_is_no_problem(folder):
    for number in range(5):
        marks.leave(number)
    assert marks.run(5) == 5
    assert marks.problems(5) == (0, 0)


def test_what_was_never_run_is_lost(folder):
    marks.leave(0)
    marks.leave(2)
    assert marks.problems(3) == (1, 0)


def test_a_second_run_in_the_same_process_shows(folder):
    marks.leave(0)
    marks.leave(0)
    assert marks.problems(1) == (0, 1)


def test_a_second_run_in_another_process_shows(folder):
    marks.leave(0)
    in_another_process(0, 1)
    assert marks.problems(2) == (0, 1)


def test_marks_can_be_cleared_while_their_process_lives(folder):
    marks.leave(0)
    marks.clear()
    assert marks.problems(1) == (1, 0)
    marks.leave(0)
    assert marks.problems(1) == (0, 0)


def test_without_a_folder_nothing_is_kept(tmp_path, monkeypatch):
    monkeypatch.delenv(marks.FOLDER, raising=False)
    marks.leave(0)
    assert list(tmp_path.iterdir()) == []
