"""The command ``verify``: closed forms against simulations from YAML, and published claims against sweeps."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from rich.console import Console
from rich.progress import track

from sim.commands.exits import FAILED, OK, CommandError
from sim.verify import cases


def verify(options: argparse.Namespace) -> int:
    """Run the named cases of physics, all of them, or only list them, or judge claims; exit 1 on a miss."""
    if options.what[0] == "claims":
        # Only here: the cases of physics need no analysis.
        from sim.commands.claims import verify_claims

        return verify_claims(options)
    known = cases.CASES
    if options.what[0] in ("list", "physics") and options.what[1:]:
        raise CommandError(f"'{options.what[0]}' is about all cases; leave it out, or leave out '{options.what[1]}'")
    if options.what == ["list"]:
        print("\n".join(f"{name:<24} {cases.summary_of(name)}" for name in known))
        return OK
    names = list(known) if options.what == ["physics"] else options.what
    if strange := [name for name in names if name not in known]:
        raise CommandError(f"there is no case '{strange[0]}'; 'verify list' names them all")
    played = track(names, "verifying", console=Console(stderr=True), transient=True, disable=options.json)
    verdicts = [cases.verify([name])[0] for name in played]
    if options.json:
        print(json.dumps([asdict(verdict) for verdict in verdicts], indent=2))
    else:
        Console().print(cases.verdict_table(verdicts))
    return OK if all(verdict.ok for verdict in verdicts) else FAILED
