"""Processor sharing by hand, and max-min fairness over many links against an oracle."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.verify.case_run import Run, asks, run_case, scenario_of
from sim.verify.findings import Finding, exact
from sim.verify.progressive_filling import Flow, simulate


def two_transfers() -> Finding:
    """10 Mbit at 0 s and 10 Mbit at 2 s over 2 Mbit/s end at 8 s and 10 s."""
    link = {"up": "2 Mbit/s", "discipline": "ps", "shared": True}
    return exact(
        [8.0, 10.0], run_case(scenario_of(link, asks("0 s", "2 s"), "1.25 MB", devices=2)).exchanges["reached_s"]
    )


def weights() -> Finding:
    """3 Mbit each over 3 Mbit/s with weights 2 and 1: the heavy one ends after 1.5 s, the other after 2 s."""
    link = {
        "up": "3 Mbit/s",
        "down": "1 Gbit/s",
        "discipline": "ps",
        "shared": True,
        "weights": {"heavy": 2, "light": 1},
    }
    run = _cohorts({"heavy": ("line", 1), "light": ("line", 1)}, {"line": link}, "375 kB")
    return exact([1.5, 2.0], run.took_s("sent_s", "reached_s"))


def water_filling() -> Finding:
    """Caps of 1, 1 and 10 Mbit/s on a pipe of 5: rates 1, 1, 3; 6 Mbit end after 6, 6 and 2 s."""
    links = {
        "slow": _shared("1 Mbit/s", via=["pipe"]),
        "fast": _shared("10 Mbit/s", via=["pipe"]),
        "pipe": _shared("5 Mbit/s", shared=True),
    }
    run = _cohorts({"slow": ("slow", 2), "fast": ("fast", 1)}, links, "750 kB")
    return exact([6.0, 6.0, 2.0], run.took_s("sent_s", "reached_s"))


def two_links() -> Finding:
    """Links of 2 and 10 Mbit/s; one flow crosses both, one each alone: rates 1, 1 and 9, not 5, on the second.

    Sharing link by link, without looking at the whole, would leave 4 Mbit/s of the second link unused.
    """
    links = {
        "both": _shared("1 Tbit/s", via=["first", "second"]),
        "low": _shared("1 Tbit/s", via=["first"]),
        "high": _shared("1 Tbit/s", via=["second"]),
        "first": _shared("2 Mbit/s", shared=True),
        "second": _shared("10 Mbit/s", shared=True),
    }
    run = _cohorts({name: (name, 1) for name in ("both", "low", "high")}, links, "1.125 MB")
    return exact([9.0, 9.0, 1.0], run.took_s("sent_s", "reached_s"))


def random_graph() -> Finding:
    """Thirty flows of random size over random paths of six links, against progressive filling at every event."""
    draw = np.random.default_rng(5)
    capacity_bps = {f"hop{n}": float(draw.integers(1, 9)) * 1e6 for n in range(6)}
    paths = [sorted(draw.choice(list(capacity_bps), draw.integers(1, 5), replace=False)) for _ in range(30)]
    caps_bps = draw.integers(200, 3000, 30) * 1e3
    links = {name: _shared(f"{bps:.0f} bit/s", shared=True) for name, bps in capacity_bps.items()}
    links |= {
        f"cell{n}": _shared(f"{cap:.0f} bit/s", via=path)
        for n, (path, cap) in enumerate(zip(paths, caps_bps, strict=True))
    }
    fleet = {f"cell{n}": (f"cell{n}", 1) for n in range(30)}
    starts_s = draw.integers(0, 40, 30) / 4
    run = _cohorts(fleet, links, {"exponential": "1 MB"}, [f"{start} s" for start in starts_s])
    order = np.argsort(run.exchanges["device"])
    bits = 8.0 * run.exchanges["up_bytes"][order]
    flows = [Flow(starts_s[n], bits[n], tuple(paths[n]), caps_bps[n]) for n in range(30)]
    simulate(flows, capacity_bps)
    return exact([flow.end_s for flow in flows], run.exchanges["reached_s"][order])


def three_hops() -> Finding:
    """Eighty messages through cells, four aggregates and a core, all shared, against filling again at every event.

    Cells of four devices cross one of the aggregates and the core; sizes are random, and many are under way at once.
    """
    draw = np.random.default_rng(11)
    capacity_bps = {"core": 12e6} | {f"area{n}": float(draw.integers(2, 7)) * 1e6 for n in range(4)}
    links = {name: _shared(f"{bps:.0f} bit/s", shared=True) for name, bps in capacity_bps.items()}
    cells_bps = [float(draw.integers(8, 30)) * 1e5 for _ in range(20)]
    for n, bps in enumerate(cells_bps):
        links[f"cell{n}"] = _shared(f"{bps:.0f} bit/s", via=[f"area{n % 4}", "core"], shared=True)
    fleet = {f"cell{n}": (f"cell{n}", 4) for n in range(20)}
    starts_s = draw.integers(0, 60, 80) / 4
    run = _cohorts(fleet, links, {"exponential": "500 kB"}, [f"{start} s" for start in starts_s])
    order = np.argsort(run.exchanges["device"])
    bits = 8.0 * run.exchanges["up_bytes"][order]
    paths = [(f"cell{n // 4}", f"area{n // 4 % 4}", "core") for n in range(80)]
    flows = [Flow(starts_s[n], bits[n], paths[n]) for n in range(80)]
    simulate(flows, capacity_bps | {f"cell{n}": bps for n, bps in enumerate(cells_bps)})
    return exact([flow.end_s for flow in flows], run.exchanges["reached_s"][order])


def _shared(up: str, **more: Any) -> dict[str, Any]:
    return {"up": up, "down": "1 Gbit/s", "discipline": "ps", **more}


def _cohorts(
    fleet: dict[str, tuple[str, int]], links: dict[str, Any], payload: Any, times: list[str] | None = None
) -> Run:
    """Run cohorts (name -> link and devices) that ask at ``times``; all at 1 s by default."""
    cohorts = [{"cohort": name, "devices": count, "link": link} for name, (link, count) in fleet.items()]
    devices = sum(count for _, count in fleet.values())
    return run_case(scenario_of({}, asks(*(times or ["1 s"] * devices)), payload, links=links, fleet=cohorts))
