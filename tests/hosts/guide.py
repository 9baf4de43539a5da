"""The commands of docs/operations.md, and the hosts that each is for."""

import re
from dataclasses import dataclass

from tests.support.servers import ROOT

PAGE = ROOT / "docs/operations.md"
BLOCK = re.compile(r"^```\n# on ([a-z0-9, ]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Step:
    """Commands that somebody types as root on each of these hosts."""

    hosts: tuple[str, ...]
    commands: str


INSTALL = "### With systemd, on several hosts"
RESTORE = "## Backup and restore"


def steps(heading: str = INSTALL) -> list[Step]:
    """Those below a heading, in the order of the page."""
    section = PAGE.read_text().split(f"\n{heading}\n")[1].split("\n## ")[0].split("\n### ")[0]
    found = [Step(tuple(hosts.split(", ")), commands) for hosts, commands in BLOCK.findall(section)]
    assert section.count("\n# on ") == len(found), "a block of commands cannot be read"
    return found


def lines(commands: str) -> list[str]:
    """One command each; a line that goes on after `\\` is one."""
    return [line for line in commands.replace("\\\n", " ").splitlines() if line.strip()]
