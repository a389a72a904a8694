"""``verify claims``: sweeps that show, or refute, what was published, judged over paired seeds."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.markup import escape
from rich.table import Table
from rich.text import Text

import analysis
from agents.contract.plugins import load_class
from analysis.claims import Finding, judged, series_of
from analysis.claims.margins import NOT_MEASURED
from analysis.sweeps import Sweep
from analysis.terminal import terminal
from sim.commands.exits import FAILED, OK, CommandError
from sim.commands.run import evaluate_recovery, jobs_of
from sim.run.run_folder import RunFolder
from sim.run.run_scenario import RunOptions
from sim.run.sweep import run_sweep
from sim.scenario import Scenario, load
from sim.scenario.claim_fit import claim_of
from sim.scenario.claims import CLAIMS
from sim.scenario.claims.claim import Claim
from sim.scenario.claims.closed_forms import CLOSED_FORMS
from sim.scenario.problems import near_miss
from sim.scenario.shipped import FOLDER
from sim.scenario.sweep import written_value
from sim.scenario.sweep_settings import Setting
from sim.scenario.tagged_union import Chosen
from sim.verify.predictions import NoFormError

#: The full tier plays at least so many seeds.
FULL_SEEDS = 10
#: Columns of the table where there is no terminal.
WIDTH = 150


@dataclass(frozen=True)
class Judged:
    """A claim with the verdict on it."""

    name: str
    claim: Claim
    finding: Finding
    played: int

    @property
    def contradicted(self) -> bool:
        """Whether the verdict is clear, and another one than is on record."""
        clear = self.finding.verdict != "undecided"
        return clear and self.finding.verdict != self.claim.expected


def verify_claims(options: argparse.Namespace) -> int:
    """Play the sweeps of the named claims, or of all, and print the verdicts; exit 1 on one that is not on record."""
    files = [_file(name) for name in options.what[1:]] or sorted((FOLDER / "claims").glob("*.yaml"))
    found: list[Judged] = []
    for file in files:
        scenario = load(file)
        due = [one for one in scenario.claims if options.full or claim_of(one).tier == "quick"]
        if not scenario.claims:
            raise CommandError(f"{file}: claims nothing; add 'claims: [...]'")
        if options.what[1:] and len(due) < len(scenario.claims):
            left = len(scenario.claims) - len(due)
            print(f"{file.stem}: {left} of {len(scenario.claims)} claims are judged with --full alone", file=sys.stderr)
        if due:
            found += _judge(file, scenario, due, options)
    if options.json:
        print(json.dumps([_record(one) for one in found], indent=2))
    else:
        terminal(WIDTH).print(_table(found))
    return FAILED if any(one.contradicted for one in found) else OK


def _file(name: str) -> Path:
    """Return the file of claims of that name, or at that path."""
    if name.endswith(".yaml"):
        return Path(name)
    known = {path.stem: path for path in (FOLDER / "claims").glob("*.yaml")}
    if name not in known:
        raise CommandError(f"there are no claims '{name}'{near_miss(name, sorted(known))}")
    return known[name]


def _judge(file: Path, scenario: Scenario, due: Sequence[Chosen], options: argparse.Namespace) -> Iterator[Judged]:
    seeds = len(scenario.sweep.seed_list(scenario.seed)) if scenario.sweep else 1
    seeds = max(seeds, FULL_SEEDS) if options.full else seeds
    run_options = RunOptions(quiet=True, workers=0)
    truths = [_truths(file, scenario, chosen) for chosen in due]
    with _folder(options.out, file.stem) as path:
        more = [f"sweep.seeds={seeds}"] if options.full else []
        if not options.json:
            print(f"{file.stem}: {seeds} seeds", file=sys.stderr)
        run_sweep(file, more, None, RunFolder.open(path), run_options, evaluate_recovery, jobs_of(options))
        sweep = analysis.as_sweep(analysis.open_folder(path))
        for chosen, true in zip(due, truths, strict=True):
            claim = claim_of(chosen)
            yield Judged(file.stem, claim, _finding(scenario, chosen.kind, claim, sweep, true), seeds)


@contextmanager
def _folder(out: str | None, name: str) -> Iterator[Path]:
    if out is not None:
        yield Path(out) / name
        return
    with TemporaryDirectory(prefix="driftbed-claims-") as made:
        yield Path(made) / name


def _truths(file: Path, scenario: Scenario, chosen: Chosen) -> list[float]:
    """Return what a claim says is true of each of its settings, before anything is played.

    Raises:
        CommandError: theory does not reach one of them.
    """
    if chosen.kind != "agrees":
        return []
    claim = claim_of(chosen)
    try:
        return [_truth(file, claim, setting) for setting in _settings(scenario, claim)]
    except NoFormError as error:
        form = getattr(claim, "form", None)
        raise CommandError(
            f"{file}: claims: '{claim.finding}': the closed form '{form}' does not reach this scenario: {error}"
        ) from error


def _settings(scenario: Scenario, claim: Claim) -> list[Setting]:
    return claim.points(scenario.sweep.axes if scenario.sweep else {})


def _finding(scenario: Scenario, kind: str, claim: Claim, sweep: Sweep, truths: list[float]) -> Finding:
    settings = _settings(scenario, claim)
    written = [{path: written_value(value) for path, value in setting.items()} for setting in settings]
    series = series_of(sweep, claim.metric, written, (claim.from_, claim.until), truths, getattr(claim, "axis", None))
    return judged(CLAIMS[kind].load()(claim, series))


def _truth(file: Path, claim: Claim, setting: Setting) -> float:
    """Return what the claim says is true of a setting: its value, or that of its closed form."""
    form = getattr(claim, "form", None)
    if form is None:
        return claim.amounts()["value"]
    scenario = load(file, [f"{path}={written_value(value)}" for path, value in setting.items()])
    return float(load_class(CLOSED_FORMS[form].loads)(scenario))


def _table(found: Sequence[Judged]) -> Table:
    table = Table("claim", "finding", "source", "expected", "seen", "verdict", box=None, pad_edge=False)
    for one in found:
        table.add_row(
            one.name,
            *map(Text, (one.claim.finding, one.claim.source, one.claim.expected, one.finding.seen)),
            _verdict(one),
        )
    return table


def _verdict(one: Judged) -> str:
    if one.contradicted:
        return f"[red]{one.finding.verdict}"
    if one.finding.verdict != "undecided":
        return f"[green]{one.finding.verdict}"
    if one.finding.seen.endswith(NOT_MEASURED):
        return f"[yellow]undecided[/]: {escape(one.claim.metric)} is not measured here"
    needed = "more than 1,000" if one.finding.seeds is None else str(one.finding.seeds)
    return f"[yellow]undecided[/] with {one.played} seeds; {needed} should do"


def _record(one: Judged) -> dict[str, object]:
    claim = {name: getattr(one.claim, name) for name in ("finding", "source", "metric", "expected", "reading", "tier")}
    return {"name": one.name, **claim, **asdict(one.finding), "played": one.played, "contradicted": one.contradicted}
