"""The forges run `.ci/run`, and nothing else: what passes there passes at home."""

import re
import subprocess
from pathlib import Path

import yaml
from editorconfig import get_properties

from tests.support.servers import ROOT


def test_github_runs_ci_run_and_nothing_else() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
    for job in workflow["jobs"].values():
        assert [step["run"] for step in job["steps"] if "run" in step] == ["bash .ci/run"]
        assert [step["uses"].partition("@")[0] for step in job["steps"] if "uses" in step] == ["actions/checkout"]


def test_gitlab_runs_ci_run_and_nothing_else() -> None:
    jobs = yaml.safe_load((ROOT / ".gitlab-ci.yml").read_text())
    assert [job["script"] for job in jobs.values()] == [["bash .ci/run"]]
    assert not {"before_script", "after_script"} & {key for job in jobs.values() for key in job}


def test_both_forges_run_the_same_images() -> None:
    github = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
    gitlab = yaml.safe_load((ROOT / ".gitlab-ci.yml").read_text())
    assert github["jobs"]["suite"]["strategy"]["matrix"]["image"] == gitlab["suite"]["parallel"]["matrix"][0]["IMAGE"]


def test_every_hook_calls_a_tool_of_make_lint() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    makefile = (ROOT / "Makefile").read_text()
    for repository in config["repos"]:
        assert repository["repo"] == "local"
        for hook in repository["hooks"]:
            tool = re.sub(r"^\.venv/bin/", "", hook["entry"].split(" --")[0])
            assert tool in makefile.replace("$(BIN)/", ""), hook["id"]


def test_dependabot_looks_where_there_is_something() -> None:
    manifests = {
        "pip": "*requirements*.txt",
        "npm": "package.json",
        "docker": "Dockerfile",
        "docker-compose": "compose.yaml",
    }
    for update in yaml.safe_load((ROOT / ".github/dependabot.yml").read_text())["updates"]:
        if pattern := manifests.get(update["package-ecosystem"]):
            assert list((ROOT / update["directory"].lstrip("/")).glob(pattern)), update


TEXTS = {".py", ".md", ".html", ".js", ".mjs", ".css", ".toml", ".yml", ".yaml", ".json", ".conf", ".service", ".txt"}


def _texts() -> list[Path]:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    found = [ROOT / name for name in listed if name]
    return [path for path in found if path.suffix in TEXTS and path.is_file() and not path.is_symlink()]


def test_every_text_follows_the_editorconfig() -> None:
    wrong = []
    for path in _texts():
        rules = get_properties(str(path))
        text = path.read_bytes().decode()
        name = path.relative_to(ROOT)
        if rules.get("insert_final_newline") == "true" and text and not text.endswith("\n"):
            wrong.append(f"{name} has no newline at its end")
        if rules.get("trim_trailing_whitespace") == "true" and re.search(r"[ \t]+$", text, re.MULTILINE):
            wrong.append(f"{name} has blanks at the end of a line")
        if rules.get("indent_style") == "space" and re.search(r"^\t", text, re.MULTILINE):
            wrong.append(f"{name} is indented by tabs")
        if "\r" in text:
            wrong.append(f"{name} has carriage returns")
    assert wrong == []
