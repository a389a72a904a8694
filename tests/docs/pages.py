"""What the pages of the documentation hold: files with a title, and commands to type, in their order."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.blank_figures import VARIABLE

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
_BLOCK = re.compile(r'^```(?P<language>\w+)(?: title="(?P<file>[^"]+)")?\n(?P<text>.*?)^```$', re.MULTILINE | re.DOTALL)
#: What is not played: they need a cluster, or measure this machine.
_NOT_PLAYED = ("cluster.md", "performance.md", "scaling.md")


@dataclass(frozen=True)
class Block:
    """One fenced block of a page; ``file`` is the name that it is to be saved by."""

    language: str
    file: str | None
    text: str


#: Pages that play more than a few seconds.
LONG = (
    "tutorial.md",
    "1-change-the-link.md",
    "2-change-the-drift.md",
    "3-choose-a-method.md",
    "4-choose-when-to-ask.md",
)
LONG += ("5-one-device.md", "6-fork.md", "federated-rounds.md", "own-codec.md", "own-method.md", "paper-figures.md")
LONG += ("seeds.md", "sweeps.md", "answers.md")
#: The page on figures, and one more.
PAINTED = ("paper-figures.md", "watch.md")


def blocks(page: Path) -> list[Block]:
    """Return the blocks of a page."""
    return [Block(**found.groupdict()) for found in _BLOCK.finditer(page.read_text(encoding="utf-8"))]


def played() -> list[Path]:
    """Return the pages that hold commands to type."""
    pages = [one for one in sorted(DOCS.rglob("*.md")) if one.name not in _NOT_PLAYED]
    return [page for page in pages if any(block.language == "sh" for block in blocks(page))]


def play(page: Path, folder: Path, python: Path, *, painted: bool) -> None:
    """Do all that a page says in an empty folder; its commands find the clone's scenarios there, and ``python``.

    Figures are blank where they are not to be ``painted``.
    """
    commands = folder / "bin"
    commands.mkdir()
    (commands / "python").symlink_to(python)
    for name in ("scenarios", "run_sim.py"):
        (folder / name).symlink_to(ROOT / name)
    environment = {**os.environ, "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}"}
    if not painted:
        environment[VARIABLE] = "1"
    for block in blocks(page):
        if block.file is not None:
            (folder / block.file).write_text(block.text, "utf-8")
        elif block.language == "sh":
            script = ["bash", "-euo", "pipefail", "-c", block.text]
            done = subprocess.run(script, cwd=folder, env=environment, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{page.name}:\n{block.text}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
