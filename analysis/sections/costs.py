"""What a run cost: bytes, busy time and energy, of devices and cloud."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from agents.contract.amounts import size_in_words, time_in_words
from analysis.compare import with_interval
from analysis.energy import PARTS, Energy, energy
from analysis.html import Markup, join, table, tag
from analysis.metrics import Metric
from analysis.statistics import student_interval
from analysis.sweeps import Group, Sweep

TRAFFIC = ("sent", "received", "busy")
ENERGY = ("idle", "computing", "sending", "receiving", "radio", "energy")
PREFIXES = ((1e9, "GJ"), (1e6, "MJ"), (1e3, "kJ"), (1.0, "J"), (1e-3, "mJ"), (1e-6, "µJ"), (1e-9, "nJ"))
WORDS = (
    "Bytes are those on the wire, headers and repetitions included: sent as soon as a message leaves, received "
    "when it has arrived. Busy is the time spent computing."
)
WATTS = "Devices are powered for the whole run; the powers are those of the scenario."

Value = Callable[[Energy], float]
PER_SETTING: tuple[tuple[str, str, float, Value], ...] = (
    ("sent", "kB/device", 1e-3, lambda made: made.total["up_bytes"] / len(made.devices)),
    ("received", "kB/device", 1e-3, lambda made: made.total["down_bytes"] / len(made.devices)),
    ("device busy", "s/device", 1.0, lambda made: float(made.devices["busy_s"].mean())),
    ("cloud busy", "s", 1.0, lambda made: made.cloud["busy_s"]),
    ("device energy", "J/device", 1.0, lambda made: made.total["device_j"] / len(made.devices)),
    ("cloud energy", "kJ", 1e-3, lambda made: made.cloud["energy_j"]),
    ("whole energy", "kJ", 1e-3, lambda made: made.total["energy_j"]),
)
UNPOWERED = 4


def costs(sweep: Sweep) -> Markup | None:
    """Return the energy section: one setting by cohort, several side by side; None where no energy was spent."""
    bills = {group.label: [energy(run) for run in group.runs if len(run.devices)] for group in sweep.groups}
    known = {label: made for label, made in bills.items() if made}
    every = [made for group in known.values() for made in group]
    powered = any(made.powered for made in every)
    if not powered and not any(made.total["up_bytes"] + made.total["down_bytes"] for made in every):
        return None
    parts = [_one(sweep.groups[0], every[0], powered)] if len(sweep.groups) == 1 else [_several(known, powered)]
    return join(tag("h2", "What it cost"), *parts)


def _one(group: Group, made: Energy, powered: bool) -> Markup:
    """List each cohort, the cloud, and what all of it sums to."""
    rows = [
        _line(f"{cohort} ({len(rows):,} devices)", rows, powered)
        for cohort, rows in made.devices.groupby("cohort", sort=False)
    ]
    workers = int(made.cloud["workers"])
    rows.append(_line(f"cloud ({workers:,} worker{'s' * (workers != 1)})", pd.DataFrame([made.cloud]), powered))
    if powered:
        rows.append(["all", *[""] * (len(TRAFFIC) + len(ENERGY) - 1), _joules(made.total["energy_j"])])
    seeds = f"Seed {group.runs[0].seed}. " if len(group.runs) > 1 else ""
    return table(["payer", *TRAFFIC, *(ENERGY if powered else ())], rows, f"{seeds}{_note(powered)}")


def _line(name: str, rows: pd.DataFrame, powered: bool) -> list[str]:
    sums = rows.sum(numeric_only=True)
    cells = [
        name,
        size_in_words(sums["sent_bytes"]),
        size_in_words(sums["received_bytes"]),
        time_in_words(sums["busy_s"]),
    ]
    if not powered:
        return cells
    return cells + [_joules(sums[part]) if part in sums else "-" for part in (*PARTS, "energy_j")]


def _several(bills: dict[str, list[Energy]], powered: bool) -> Markup:
    """Put settings side by side, as means over seeds."""
    columns = PER_SETTING if powered else PER_SETTING[:UNPOWERED]
    head = ["setting", *(f"{name} [{unit}]" for name, unit, _, _ in columns)]
    rows = [[label, *(_mean(made, unit, scale, of) for _, unit, scale, of in columns)] for label, made in bills.items()]
    return table(head, rows, _note(powered))


def _mean(bills: Sequence[Energy], unit: str, scale: float, of: Value) -> str:
    shown = Metric("", unit, scale, 2, -1, lambda run: None)
    return with_interval(shown, student_interval([of(made) for made in bills]))


def _note(powered: bool) -> str:
    return f"{WORDS} {WATTS}" if powered else WORDS


def _joules(value: float) -> str:
    divisor, unit = next((each for each in PREFIXES if value >= each[0]), PREFIXES[-1])
    return f"{value / divisor:.4g} {unit}" if value else "0"
