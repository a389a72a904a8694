"""The scenarios under which one run is played, one after another, and how its folder tells of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.scenario import Scenario, load

FILE = "fork.json"


@dataclass(frozen=True)
class Act:
    """A scenario that reigned up to and including ``until_s``; another act follows, or the run's own scenario."""

    until_s: float
    scenario: Scenario


@dataclass(frozen=True)
class Ancestry:
    """Where a forked run comes from: the acts before its own scenario, and who its parent is (for the manifest)."""

    acts: tuple[Act, ...] = ()
    parent: dict[str, Any] | None = None

    @classmethod
    def read(cls, run: Path, *, allow_plugins: bool = False) -> Ancestry:
        """Read the ancestry of a run folder; a run that is no fork has none."""
        if not (run / FILE).is_file():
            return cls()
        told = json.loads((run / FILE).read_text(encoding="utf-8"))
        acts = [Act(act["until_s"], load(run / act["file"], allow_plugins=allow_plugins)) for act in told["acts"]]
        return cls(tuple(acts), told["parent"])


def identity(acts: Sequence[Act], scenario: Scenario) -> str:
    """Return the fingerprint of all that a run is played by."""
    if not acts:
        return scenario.fingerprint()
    lines = [f"{act.until_s!r} {act.scenario.fingerprint()}" for act in acts]
    return hashlib.sha256("\n".join([*lines, scenario.fingerprint()]).encode()).hexdigest()
