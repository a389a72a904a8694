"""Where exchanges waited: links, the cloud, and how the requests ended."""

from __future__ import annotations

import math

from agents.contract.amounts import size_in_words
from analysis.html import Markup, table, tag
from analysis.latency import outcomes as count_outcomes
from analysis.queues import CloudUtilisation, LinkUtilisation, cloud_utilisation, link_utilisations
from analysis.sweeps import Sweep

ENDS = ("installed", "in_flight", "superseded", "lost", "aborted", "rejected")


def links(sweep: Sweep) -> Markup | None:
    """Sum up every link and direction of each setting (its first seed), saturated ones marked."""
    rows = []
    for group in sweep.groups:
        rows += [[group.label, *_link(use)] for use in link_utilisations(group.runs[0])]
    if not rows:
        return None
    head = [
        "setting",
        "link",
        "direction",
        "instances",
        "offered",
        "delivered",
        "dropped",
        "sent again",
        "busy [%]",
        "busiest tick [%]",
        "longest queue",
        "mean wait [s]",
    ]
    if len(sweep.groups) == 1:
        head, rows = head[1:], [row[1:] for row in rows]
    return table(head, rows, _seed_note(sweep, "instances"))


def cloud(sweep: Sweep) -> Markup | None:
    """Sum up the cloud of each setting (its first seed)."""
    uses = [(group.label, cloud_utilisation(group.runs[0])) for group in sweep.groups]
    rows = [[label, *_cloud(use)] for label, use in uses if use is not None]
    if not rows:
        return None
    head = [
        "setting",
        "workers",
        "arrived",
        "served",
        "rejected",
        "busy [%]",
        "longest queue",
        "mean wait [s]",
    ]
    return table(head, rows, _seed_note(sweep, "workers"))


def outcomes(sweep: Sweep) -> Markup | None:
    """Count how the requests of each setting ended, over all its seeds."""
    counted = [(group.label, count_outcomes(group.runs)) for group in sweep.groups]
    seen = [end for end in ENDS if any(ends.get(end) for _, ends in counted)]
    if not seen:
        return None
    rows = [[label, *(f"{ends.get(end, 0):,}" for end in seen)] for label, ends in counted]
    return table(["setting", *(end.replace("_", " ") for end in seen)], rows, "How the requests ended, all seeds.")


def _link(use: LinkUtilisation) -> list[str]:
    busy = f"{100 * use.busy_share:.1f}"
    return [
        use.link,
        use.direction,
        f"{use.instances:,}",
        *(size_in_words(count) for count in (use.offered_bytes, use.delivered_bytes, use.dropped_bytes)),
        size_in_words(use.retransmitted_bytes),
        tag("strong", f"{busy} saturated") if use.saturated else busy,
        f"{100 * use.peak_busy_share:.1f}",
        f"{use.peak_queue:,}",
        _seconds(use.mean_wait_s),
    ]


def _cloud(use: CloudUtilisation) -> list[str]:
    busy = f"{100 * use.busy_share:.1f}"
    counts = [f"{count:,}" for count in (use.workers, use.arrived, use.served, use.rejected)]
    shown = tag("strong", f"{busy} saturated") if use.saturated else busy
    return [*counts, shown, f"{use.peak_queue:,}", _seconds(use.mean_wait_s)]


def _seed_note(sweep: Sweep, servers: str) -> str:
    first = f"Seed {sweep.groups[0].runs[0].seed} of each setting. " if len(sweep.runs) > len(sweep.groups) else ""
    return f"{first}Shares are of the capacity of all {servers} over the whole run."


def _seconds(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"
