"""Where the figures come from: runs, versions, the scenario, and how to play it again."""

from __future__ import annotations

import shlex

from analysis.html import Markup, join, table, tag
from analysis.runs import Run
from analysis.sweeps import Sweep

MANY = 40


def runs(sweep: Sweep) -> Markup:
    """List the runs with their digests: what a repetition has to reproduce."""
    head = ["run", "setting", "seed", "status", "wall [s]", "backend", "git", "digest"]
    rows = [[run.folder.name, group.label, *_facts(run)] for group in sweep.groups for run in group.runs]
    listing = table(head, rows)
    if len(rows) > MANY:
        listing = tag("details", tag("summary", f"{len(rows)} runs"), listing)
    return join(tag("h2", "Runs"), listing)


def scenario(sweep: Sweep) -> Markup:
    """Show the resolved scenario of the first run, its versions, and the command that plays it again."""
    first = sweep.runs[0]
    file = "resolved.yaml" if len(sweep.runs) == 1 else f"{first.folder.name}/resolved.yaml"
    program = first.manifest.get("program", "python run_sim.py")
    command = f"{program} run {shlex.quote(file)} --seed {first.seed}"
    versions = first.manifest.get("versions", {})
    parts = [
        tag("h2", "Scenario"),
        tag("p", "Played again, this gives the same digest:"),
        tag("pre", tag("code", command), tabindex="0"),
    ]
    text = first.text("resolved.yaml")
    if text:
        parts.append(tag("details", tag("summary", file), tag("pre", tag("code", text), tabindex="0")))
    if versions:
        named = ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))
        parts.append(tag("p", f"Versions: {named}.", class_="note"))
    return join(*parts)


def _facts(run: Run) -> list[str]:
    wall_s = run.manifest.get("wall_s")
    return [
        str(run.seed),
        run.status,
        "-" if wall_s is None else f"{float(wall_s):.1f}",
        f"{run.manifest.get('backend', '')} {run.manifest.get('workers', '')}".strip(),
        str(run.manifest.get("git") or "-"),
        str(run.summary.get("digest") or "-")[:16],
    ]
