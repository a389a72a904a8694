"""The scenarios that one run follows, one after another, and how its folder records them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.run.checksums import written_text
from sim.run.output_folder import FolderError
from sim.scenario import Scenario, load

FILE = "fork.json"


@dataclass(frozen=True)
class Segment:
    """A scenario in force up to and including ``until_s``; another segment follows, or the run's own scenario."""

    until_s: float
    scenario: Scenario


@dataclass(frozen=True)
class Ancestry:
    """The origin of a forked run: the segments before its own scenario, and its parent (for the manifest)."""

    segments: tuple[Segment, ...] = ()
    parent: dict[str, Any] | None = None

    @classmethod
    def read(cls, run: Path, *, allow_plugins: bool = False) -> Ancestry:
        """Read the ancestry of a run folder; a run that is no fork has none.

        Raises:
            FolderError: what it says of its ancestry is damaged.
        """
        if not (run / FILE).is_file():
            return cls()
        try:
            record = json.loads(written_text(run / FILE))
            acts = [(float(act["until_s"]), run / Path(act["file"]).name) for act in record["acts"]]
            parent = dict(record["parent"])
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise FolderError(f"{run / FILE}: is damaged; fork the run again") from error
        return cls(tuple(Segment(until_s, load(file, allow_plugins=allow_plugins)) for until_s, file in acts), parent)


def identity(segments: Sequence[Segment], scenario: Scenario) -> str:
    """Return the fingerprint of all scenarios of a run."""
    if not segments:
        return scenario.fingerprint()
    lines = [f"{segment.until_s!r} {segment.scenario.fingerprint()}" for segment in segments]
    return hashlib.sha256("\n".join([*lines, scenario.fingerprint()]).encode()).hexdigest()
