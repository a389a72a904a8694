"""Causes beside the account, for a terminal and for the report."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from analysis.causes import Causes
from analysis.compare import with_interval
from analysis.metrics import METRICS
from analysis.statistics import Interval

POINTS = METRICS["accuracy"]._replace(unit="points")
WORDS = {
    "uplink": "uplinks of 1 Tbit/s",
    "downlink": "downlinks of 1 Tbit/s",
    "latency": "no latency, no jitter",
    "loss": "no packet is lost",
    "queue": "a worker of the cloud for each device",
    "service": "the cloud computes in no time",
    "labels": "labels at once",
    "asking": "every device asks at every tick",
}
NOTE = (
    "Points of accuracy. Booked: the account, by what devices waited for. Comes back: what paired forks of the same "
    "seeds gain without the factor alone. Interaction: what all give together beyond the sum of what each gives alone."
)


def rows(found: Causes) -> tuple[list[str], list[list[str]]]:
    """Return head and rows: a row a factor, then all together, their interaction, and what is left."""
    valued = any(cause.shapley is not None for cause in found.causes)
    head = ["taken away", "booked", "comes back", *(["Shapley value"] if valued else [])]
    lines = [
        [f"{cause.factor}: {WORDS[cause.factor]}", _shown(cause.booked), _shown(cause.alone, signed=True)]
        + ([_shown(cause.shapley, signed=True)] if valued else [])
        for cause in found.causes
    ]
    blank = [""] * valued
    lines.append(["all of these", "", _shown(found.together, signed=True), *blank])
    lines.append(["interaction", "", _shown(found.interaction, signed=True), *blank])
    if found.left is not None:
        lines.append(["left to the oracle: the method's own", "", _shown(found.left), *blank])
    return head, lines


def causes_table(label: str, found: Causes) -> Table:
    """Lay the causes of a setting out for a terminal."""
    n = found.together.n
    seeds = f"mean ± 95 % Student t half width over {n} seeds" if n > 1 else "one seed: nothing is shown about chance"
    table = Table(title=Text(f"{label}: why accuracy was lost"), caption=Text(f"{NOTE} {seeds}."), box=SIMPLE_HEAD)
    head, lines = rows(found)
    for place, name in enumerate(head):
        table.add_column(name, justify="right" if place else "left")
    for line in lines:
        table.add_row(*map(Text, line))
    return table


def _shown(interval: Interval | None, signed: bool = False) -> str:
    return "-" if interval is None else with_interval(POINTS, interval, signed)
