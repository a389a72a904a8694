"""Writes what is in driftbed into the README, from the tables: ``python docs/_site/made_readme.py``."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from sim.scenario.families import FAMILIES  # noqa: E402  # after the path

_BEGIN, _END = "<!-- Made by `python docs/_site/made_readme.py`; do not edit. -->", "<!-- End of what is made. -->"


def contents() -> str:
    """Return the table of families: how many components each has, and which."""
    rows = [
        f"| [`{family}`](docs/reference/{family}.md) | {len(table)} | `{' '.join(table)}` |"
        for family, table in FAMILIES.items()
    ]
    scenarios = len(list((ROOT / "scenarios").rglob("*.yaml")))
    last = f"| [scenarios](scenarios) | {scenarios} | `python run_sim.py list` names them, each with its description |"
    return "\n".join(["| `list` | | |", "| --- | --- | --- |", *rows, last])


def written(text: str) -> str:
    """Return the README with the table as it is now."""
    return re.sub(f"{re.escape(_BEGIN)}.*{re.escape(_END)}", f"{_BEGIN}\n{contents()}\n{_END}", text, flags=re.DOTALL)


if __name__ == "__main__":
    readme = ROOT / "README.md"
    readme.write_text(written(readme.read_text(encoding="utf-8")), encoding="utf-8")
