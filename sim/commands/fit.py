"""The command ``fit``: a generator of links from one recorded rate, with how good the fit is."""

from __future__ import annotations

import argparse
import json
from math import isnan
from pathlib import Path
from typing import Any

from rich.table import Table

from analysis.figures.link_fit import draw
from analysis.terminal import terminal
from sim.commands.exits import OK, CommandError
from sim.commands.json_text import json_text
from sim.links.link_rates import Recorded, fluid_of
from sim.network.rates.markov import fit_markov
from sim.network.traces.recorded import TraceError, load_rate
from sim.verify.link_fit import LAGS_S, SHORTEST_S, SIZES, Fit, Observed, compared, observe, paths_of

#: Columns of the table where there is no terminal.
WIDTH = 110


def fit(options: argparse.Namespace) -> int:
    """Fit a law to a recording, compare its links with it and with recordings held out; print YAML to play it."""
    trace = _trace(options.trace, options)
    held_out = [_trace(file, options) for file in options.held_out]
    model = fit_markov(fluid_of(trace, options.bin_s), options.states)
    length_s = trace.period_s
    recorded = observe([trace], length_s)
    made = observe(paths_of(model, options.links, options.seed), length_s)
    rows = {"the fit, to its recording": compared(made, recorded)}
    others = [observe([one], one.period_s) for one in held_out]
    for place, other in enumerate(others):
        name = Path(options.held_out[place]).name
        rows[f"the fit, to {name}"] = compared(made, other)
        rows[f"the recording, to {name}"] = compared(recorded, other)
    figure = _figure(Path(options.out), recorded, made, others) if options.out else None
    if options.json:
        print(json_text({"states": len(model.rates_bps), **{name: one._asdict() for name, one in rows.items()}}))
        return OK
    console = terminal(WIDTH)
    console.print(_table(rows))
    console.print(
        f"{options.links} links of {length_s:g} s each; rate: largest distance of the laws in a second; "
        f"autocorrelation: root mean square gap at lags of {', '.join(map(str, LAGS_S))} s; "
        "times as ratios, median and 95th percentile"
    )
    print(_yaml(options, len(model.rates_bps)))
    if figure is not None:
        print(f"figure   {figure}")
    return OK


def _trace(file: str, options: argparse.Namespace) -> Recorded:
    try:
        loaded: Recorded = load_rate(Path(file), **_columns(options))
    except (TraceError, OSError) as error:
        raise CommandError(str(error)) from error
    if loaded.period_s < SHORTEST_S:
        raise CommandError(
            f"{file}: lasts {loaded.period_s:g} s; a fit is judged second by second: "
            f"give a recording of {SHORTEST_S:g} s or more"
        )
    return loaded


def _table(rows: dict[str, Fit]) -> Table:
    sizes = [f"{size / 1e3:g} kB" for size in SIZES]
    table = Table("", "mean", "rate", "autocorr.", *sizes, box=None, pad_edge=False)
    for name, one in rows.items():
        times = [f"{median:.2f} {tail:.2f}" for median, tail in one.transfers]
        table.add_row(name, f"{one.mean:.2f}", f"{one.rate:.3f}", _number(one.correlation), *times)
    return table


def _number(value: float) -> str:
    """Return a number, or a dash where there is none: a rate that never varies has no autocorrelation."""
    return "-" if isnan(value) else f"{value:.3f}"


def _figure(folder: Path, recorded: Observed, made: Observed, others: list[Observed]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return draw(folder / "fit.svg", recorded, made, others, LAGS_S, SIZES[1])


def _yaml(options: argparse.Namespace, states: int) -> str:
    trace = {"file": str(Path(options.trace).resolve()), **_columns(options)}
    law = {"fitted": {"trace": trace, "states": states, "bin": f"{options.bin_s:g} s"}}
    return f"in a scenario: links: {{mine: {{up: {json.dumps(law, ensure_ascii=False)}, down: ...}}}}"


def _columns(options: argparse.Namespace) -> dict[str, Any]:
    """Return what was said of the columns, by the words of a scenario."""
    named = {"unit": options.unit, "time_unit": options.time_unit, "column": options.column}
    return {name: value for name, value in named.items() if value is not None}
