"""A finished run is free at once: one process may play hundreds (sweeps, notebooks), and memory must not wait."""

from __future__ import annotations

import gc
from collections import Counter
from pathlib import Path

import pytest
from run_commands import play_file, scenario_of

SHORT = "duration=60 s"
PERSONA = "method.adapter={kind: persona, steps: 5, group_steps: 5}"
DETECTOR = "method.trigger={kind: detector, detector: page_hinkley, signal: error}"
ROUNDS = "method={adapter: fedavg, trigger: {kind: rounds, every: 20 s, cohort_size: 3}}"
#: What is played, and the engines that can.
KINDS = {
    "private links": (("timing", SHORT), ("simpy", "compiled")),
    "shared links": (("timing", SHORT, "links.lte.discipline=ps"), ("simpy", "compiled")),
    "fine-tuning": (("digits", SHORT), ("simpy", "compiled")),
    "persona": (("digits", SHORT, PERSONA), ("compiled",)),
    "detector": (("digits", SHORT, DETECTOR), ("simpy",)),
    "rounds": (("digits", SHORT, ROUNDS), ("simpy",)),
}
#: Packages whose objects belong to one run.
OF_RUNS = ("sim.exchanges", "sim.kernel", "sim.links", "sim.run", "agents.fleet", "agents.pools")


def parts_of_runs() -> Counter[str]:
    """Return the objects of our own classes that the collector knows, by class; neither modules nor tables."""
    return Counter(
        f"{type(one).__module__}.{type(one).__qualname__}"
        for one in gc.get_objects()
        if str(type(one).__module__).startswith(OF_RUNS)
    )


@pytest.mark.parametrize(
    ("kind", "engine"), [(kind, engine) for kind, (_, engines) in KINDS.items() for engine in engines]
)
def test_nothing_of_a_finished_run_waits_for_the_collector(tmp_path: Path, kind: str, engine: str) -> None:
    name, *changes = KINDS[kind][0]
    play_file(scenario_of(name), tmp_path / "first", tuple(changes), engine=engine)
    gc.collect()
    gc.disable()
    try:
        before = parts_of_runs()
        play_file(scenario_of(name), tmp_path / "second", tuple(changes), engine=engine)
        left = parts_of_runs() - before
    finally:
        gc.enable()
    assert not left, left.most_common(10)
