"""Plays every detector beside dummies that ask as often, and puts the table on its page.

python docs/_site/made_detectors.py FOLDER [--seeds N]
"""

# ruff: noqa: E402  # what is ours is imported after the path
from __future__ import annotations

import argparse
import json
import math
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from agents.detectors import DETECTORS
from analysis.significance import holm, p_value
from analysis.statistics import Interval

SCENARIO, PAGE = "detectors", ROOT / "docs" / "detectors.md"
DUMMIES = ("random", "periodic", "token bucket")
#: Beside those of the table: one that needs no labels, and the clocks.
OTHERS = {
    "ewma of entropy": "{kind: detector, signal: entropy, detector: ewma, cooldown: 30 s}",
    "every minute": "{kind: periodic, every: 60 s}",
}
_MARKS = re.compile(r"<!-- detectors -->.*?<!-- end -->", re.DOTALL)


def main() -> None:
    """Play what is missing, and write the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path)
    options.add_argument("--seeds", default="5")
    given = options.parse_args()
    judged = {name: found(name, trigger, given.folder, given.seeds) for name, trigger in triggers().items()}
    text = PAGE.read_text(encoding="utf-8")
    table = f"<!-- detectors -->\n\n{markdown(judged)}\n\n({given.seeds} seeds)\n\n<!-- end -->"
    PAGE.write_text(_MARKS.sub(lambda _: table, text), encoding="utf-8")


def triggers() -> dict[str, str]:
    """Return the triggers, as a scenario writes them, by the name that the table gives them."""
    watched = "{{kind: detector, signal: error, detector: {}, cooldown: 30 s}}"
    return {name: watched.format(name) for name in DETECTORS} | OTHERS


def found(name: str, trigger: str, folder: Path, seeds: str) -> list[Mapping[str, Any]]:
    """Return what ``dummies`` says of a trigger, itself first."""
    out = folder / name.replace(" ", "_")
    kept = out / "dummies.json"
    if not kept.exists():
        words = ["dummies", SCENARIO, "--set", f"method.trigger={trigger}", "--metric", "gain", "--seeds", seeds]
        command = [sys.executable, "run_sim.py", *words, "--quiet", "--out", str(out)]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    record: list[Mapping[str, Any]] = json.loads(kept.read_text(encoding="utf-8"))
    return record


def markdown(judged: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """Return the table; what stands after Holm's correction over all of it is bold."""
    apart = {(name, one["trigger"]): _interval(one["ahead"]) for name, record in judged.items() for one in record[1:]}
    clear = dict(zip(apart, holm([p_value(difference) for difference in apart.values()]), strict=True))
    rows = [
        "| asks by | requests | gain over static | for 100 requests | minus random | minus periodic | minus bucket |"
    ]
    rows.append("| --- " * 7 + "|")
    for name, (own, *_) in judged.items():
        gain, requests = 100.0 * own["value"]["mean"], own["requests"]["mean"]
        each = f"{100.0 * gain / requests:+.2f}" if requests else "-"
        said = [_cell(apart.get((name, one)), clear.get((name, one), False)) for one in DUMMIES]
        cells = [name, f"{requests:,.0f}", f"{gain:+.2f} ± {100.0 * _half(own['value']):.2f}", each, *said]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def _interval(written: Mapping[str, Any]) -> Interval:
    """Return an interval as it was written: ends that are not known are null."""
    return Interval(**{name: math.nan if value is None else value for name, value in written.items()})


def _half(interval: Mapping[str, float]) -> float:
    return (interval["high"] - interval["low"]) / 2.0


def _cell(difference: Interval | None, clear: bool) -> str:
    if difference is None or difference.n < 2:
        return "-"
    text = f"{100.0 * difference.mean:+.2f} ± {100.0 * _half(difference._asdict()):.2f}"
    return f"**{text}**" if clear else text


if __name__ == "__main__":
    main()
