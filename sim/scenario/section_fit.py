"""Sections against each other: what would have no effect, or fail once the run is built, is said before it begins."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from agents.methods import METHODS
from agents.models import MODELS
from agents.tasks import TASKS
from sim.links.disciplines import DISCIPLINES
from sim.scenario.codec_fit import size_varies
from sim.scenario.inner_method import parts_of
from sim.scenario.problems import near_miss
from sim.scenario.tagged_union import Chosen

#: What is wrong, and the path to it.
Misfit = tuple[str, tuple[str | int, ...]]


def section_misfits(scenario: Any) -> Iterator[Misfit]:
    """Yield what sections of a whole scenario cannot have together."""
    yield from _unheard_links(scenario)
    yield from _two_weights(scenario)
    if scenario.task is not None:
        yield from _unknown_cohorts(scenario)
        yield from _too_long_windows(scenario.task)
        yield from _options_of_other_nets(scenario)
        yield from _unsettled_sizes(scenario.method)


def _unheard_links(scenario: Any) -> Iterator[Misfit]:
    """Yield what only the link of a device can have, on links that messages cross after it and no cohort is on."""
    own = {cohort.link for cohort in scenario.fleet}
    for name in dict.fromkeys(hop for link in scenario.links.values() for hop in link.via if hop not in own):
        link = scenario.links[name]
        fields = type(link.recovery).model_fields
        for key in ("retries", "timeout", "backoff"):
            if getattr(link.recovery, key) != fields[key].default:
                text = f"has no effect: no cohort is on '{name}'; write it at the devices' own link"
                yield text, ("links", name, "recovery", key)
        if link.radio is not None:
            yield f"no cohort is on '{name}'; write the radio at the devices' own link", ("links", name, "radio")


def _two_weights(scenario: Any) -> Iterator[Misfit]:
    """Yield weights of a cohort that differ between links which share one flow: a flow has one weight."""
    for cohort in scenario.fleet:
        if cohort.link is None:
            continue
        hops = [cohort.link, *scenario.links[cohort.link].via]
        for shares, run in groupby(hops, lambda name: DISCIPLINES[scenario.links[name].discipline].shares):
            given = [name for name in run if shares and cohort.cohort in scenario.links[name].weights]
            for name in given[1:]:
                first, own = (scenario.links[one].weights[cohort.cohort] for one in (given[0], name))
                if own != first:
                    text = f"is another weight than on '{given[0]}' ({first:g}), which the same messages share"
                    yield text, ("links", name, "weights", cohort.cohort)


def _chosen(adapter: Chosen) -> Iterator[tuple[Any, tuple[str, ...]]]:
    """Yield the options of a method that is ours, and of the one that it stands around, each with its path."""
    for part in parts_of(adapter):
        if part.kind in METHODS:
            yield part.chosen, ("method", *part.path)


def _unknown_cohorts(scenario: Any) -> Iterator[Misfit]:
    cohorts = [cohort.cohort for cohort in scenario.fleet]
    for options, path in _chosen(scenario.method.adapter):
        for name in getattr(options, "attributes", {}):
            if name not in cohorts:
                yield f"there is no cohort '{name}'{near_miss(name, cohorts)}", (*path, "attributes", name)


def _too_long_windows(task: Any) -> Iterator[Misfit]:
    """Yield a window of more clicks than a net can read."""
    net, window = MODELS.get(task.model.kind), getattr(task.data, "window", 0)
    longest = net.traits.get("longest") if net is not None else None
    if longest is not None and window > longest:
        yield f"{window:,} clicks are more than '{task.model.kind}' reads, {longest:,}", ("task", "data", "window")


def _options_of_other_nets(scenario: Any) -> Iterator[Misfit]:
    """Yield options of a method that are for images, or for nets that rank items, or for those that do not."""
    task, net = scenario.task, MODELS.get(scenario.task.model.kind)
    ranks = net is not None and "items" in net.needs
    for options, path in _chosen(scenario.method.adapter):
        uplink, wanted = getattr(options, "uplink", None), "ids" if ranks else "raw"
        if net is not None and uplink in ("ids", "raw") and uplink != wanted:
            text = f"'{uplink}' does not go with '{task.model.kind}'; write 'uplink: {wanted}' or 'features'"
            yield text, (*path, "uplink")
        if ranks and getattr(options, "learns", None) == "all":
            text = f"'{task.model.kind}' ranks items: its head alone is learnt; write 'learns: head'"
            yield text, (*path, "learns")
        data = TASKS.get(task.data.kind)
        if getattr(options, "patch", 0) and data is not None and "images" not in data.gives:
            yield f"only images have patches, and '{task.data.kind}' has none; leave it out", (*path, "patch")


def _unsettled_sizes(method: Any) -> Iterator[Misfit]:
    if method.sizes is None:
        return
    for key in ("codec", "update_codec"):
        if (codec := getattr(method, key)) is not None and size_varies(codec):
            text = f"sizes that follow from the data cannot be given; choose another {key} than '{codec.kind}'"
            yield text, ("method", "sizes")
