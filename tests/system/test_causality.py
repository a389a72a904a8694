"""Laws 3 and 4 in random worlds: causes come before effects, and no byte appears or vanishes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from stage import STAGES, Play, Run, Table, where
from worlds import rough_worlds, worlds

#: How an exchange may end; ``in_flight`` where it has not ended yet.
OUTCOMES = {"installed", "in_flight", "superseded", "lost", "aborted", "rejected"}
#: Worlds are small but each is a whole run: few of them always, many under ``slow``.
in_some_worlds = settings(max_examples=12, phases=[Phase.explicit, Phase.generate, Phase.shrink])
in_many_worlds = settings(in_some_worlds, max_examples=100)


def stamps(exchanges: Table) -> np.ndarray:
    """Return the times of exchanges, float64 [exchanges, stages]; NaN where it has not come to that."""
    return np.stack([exchanges[name] for name in STAGES], axis=1)


def causes_come_before_effects(run: Run, world: dict[str, Any]) -> None:
    at_s = stamps(run.exchanges)
    came = ~np.isnan(at_s)
    # A stage may only follow on all those before it.
    assert (came[:, 1:] <= came[:, :-1]).all()
    assert (np.diff(at_s, axis=1)[came[:, 1:]] >= 0).all()


def an_outcome_says_what_the_times_say(run: Run, world: dict[str, Any]) -> None:
    exchanges = run.exchanges
    outcome, done = exchanges["outcome"], ~np.isnan(exchanges["installed_s"])
    assert ((outcome == "installed") == done).all()
    assert set(outcome) <= OUTCOMES
    fresh_first = any(link.get("discipline") == "lcfs" for link in world["links"].values())
    if world["method"]["in_flight"] != "replace" and not fresh_first:
        assert not (outcome == "superseded").any()


def no_version_goes_backwards(run: Run, world: dict[str, Any]) -> None:
    exchanges = run.exchanges
    done = where(exchanges, exchanges["outcome"] == "installed")
    for device in np.unique(done["device"]):
        own = where(done, done["device"] == device)
        order = np.lexsort((own["ticket"], own["installed_s"]))
        assert (np.diff(own["sent_s"][order]) >= 0).all()
        assert (np.diff(own["requested_s"][order]) >= 0).all()


def a_device_waits_for_its_reply(run: Run, world: dict[str, Any]) -> None:
    if world["method"]["in_flight"] == "replace":
        return
    sent = where(run.exchanges, ~np.isnan(run.exchanges["sent_s"]))
    for device in np.unique(sent["device"]):
        own = where(sent, sent["device"] == device)
        order = np.lexsort((own["ticket"], own["sent_s"]))
        # Of an exchange that came to nothing no table says when; one still under way is never over.
        nothing_s = np.where(own["outcome"] == "in_flight", np.inf, own["sent_s"])[order]
        over_s = np.where(np.isnan(own["returned_s"][order]), nothing_s, own["returned_s"][order])
        assert (own["sent_s"][order][1:] >= over_s[:-1]).all()


def every_byte_is_somewhere(run: Run, world: dict[str, Any]) -> None:
    links = run.table("links")
    parts = ("delivered_bytes", "in_flight_bytes", "dropped_bytes")
    assert (links["offered_bytes"] == sum(links[part] for part in parts)).all()
    assert all((links[part] >= 0).all() for part in parts)
    for line in lines(links):
        assert (np.diff(line["offered_bytes"]) >= 0).all()
        assert (np.diff(line["delivered_bytes"]) >= 0).all()


def links_and_exchanges_count_the_same_bytes(run: Run, world: dict[str, Any]) -> None:
    exchanges = run.exchanges
    for line in lines(run.table("links")):
        direction, link = line["direction"][0], line["link"][0]
        own = where(exchanges, exchanges["cohort"] == link)
        nbytes = own[f"{direction}_bytes"]
        began, ended = ("sent_s", "reached_s") if direction == "up" else ("served_s", "returned_s")
        for tick, at_s in enumerate(line["t_s"]):
            assert line["offered_bytes"][tick] == nbytes[own[began] <= at_s].sum()
            assert line["delivered_bytes"][tick] == nbytes[own[ended] <= at_s].sum()


def tables_sum_to_the_same_exchanges(run: Run, world: dict[str, Any]) -> None:
    exchanges, windows, devices = run.exchanges, run.windows, run.table("devices")
    for cohort in ("near", "far"):
        mine = exchanges["cohort"] == cohort
        assert windows["requests"][windows["cohort"] == cohort].sum() == mine.sum()
        assert devices["exchanges"][devices["cohort"] == cohort].sum() == mine.sum()
        for nbytes in ("up_bytes", "down_bytes"):
            assert devices[nbytes][devices["cohort"] == cohort].sum() == exchanges[nbytes][mine].sum()
    assert run.summary["exchanges"] == len(exchanges["ticket"])
    assert len(set(exchanges["ticket"].tolist())) == len(exchanges["ticket"])


def the_cloud_counts_those_it_saw(run: Run, world: dict[str, Any]) -> None:
    exchanges, cloud = run.exchanges, run.table("cloud")
    for tick, at_s in enumerate(cloud["t_s"]):
        begun = (exchanges["started_s"] <= at_s).sum()
        assert cloud["arrived"][tick] == (exchanges["reached_s"] <= at_s).sum()
        assert cloud["served"][tick] == (exchanges["served_s"] <= at_s).sum()
        assert cloud["queue"][tick] == cloud["arrived"][tick] - begun
    assert (cloud["busy_share"] <= 1 + 1e-9).all()
    assert cloud["started"].sum() == begun


def age_is_the_area_under_its_sawtooth(run: Run, world: dict[str, Any]) -> None:
    exchanges, devices = run.exchanges, run.table("devices")
    horizon_s = float(run.windows["t_s"].max())
    for device, mean_age_s in zip(devices["device"], devices["mean_age_s"], strict=True):
        own = where(exchanges, (exchanges["device"] == device) & ~np.isnan(exchanges["installed_s"]))
        assert mean_age_s == pytest.approx(sawtooth_s(own, horizon_s), rel=1e-9, abs=1e-9)


def sawtooth_s(installed: Table, horizon_s: float) -> float:
    """Return the mean age over (0, horizon], tooth by tooth: an update is as old as the data behind it."""
    area, born_s, since_s = 0.0, 0.0, 0.0
    pairs = sorted(zip(installed["installed_s"], installed["sent_s"], strict=True))
    for until_s, next_born_s in [*pairs, (horizon_s, 0.0)]:
        area += ((until_s - born_s) ** 2 - (since_s - born_s) ** 2) / 2
        born_s, since_s = next_born_s, until_s
    return area / horizon_s


def lines(links: Table) -> list[Table]:
    """Return the rows of each line (a link in one direction), by time."""
    pairs = sorted(set(zip(links["link"].tolist(), links["direction"].tolist(), strict=True)))
    return [where(links, (links["link"] == link) & (links["direction"] == way)) for link, way in pairs]


def nothing_is_left_on_the_way(run: Run, world: dict[str, Any]) -> None:
    exchanges, links, cloud = run.exchanges, run.table("links"), run.table("cloud")
    assert "in_flight" not in set(exchanges["outcome"])
    assert all(line["in_flight_bytes"][-1] == line["queue"][-1] == 0 for line in lines(links))
    assert cloud["queue"][-1] == 0
    assert (cloud["arrived"] == cloud["served"] + cloud["rejected"])[-1]
    # Long after the last message no line is busy any more.
    assert (links["busy_s"][links["t_s"] == links["t_s"].max()] == 0).all()


Law = Callable[[Run, dict[str, Any]], None]
EVERYWHERE: list[Law] = [
    causes_come_before_effects,
    an_outcome_says_what_the_times_say,
    no_version_goes_backwards,
    a_device_waits_for_its_reply,
    every_byte_is_somewhere,
    tables_sum_to_the_same_exchanges,
    age_is_the_area_under_its_sawtooth,
]
#: Where no message is lost or broken off, tables of links and of exchanges tell the same tale.
WHERE_ALL_ARRIVE: list[Law] = [links_and_exchanges_count_the_same_bytes, the_cloud_counts_those_it_saw]


def check_where_all_arrive(play: Play, world: dict[str, Any]) -> None:
    run = play(world)
    for law in [*EVERYWHERE, *WHERE_ALL_ARRIVE]:
        law(run, world)


def check_where_messages_are_lost(play: Play, world: dict[str, Any]) -> None:
    run = play(world)
    for law in [*EVERYWHERE, nothing_is_left_on_the_way]:
        law(run, world)


@in_some_worlds
@given(world=worlds())
def test_causality_and_conservation_hold_in_every_world(play: Play, world: dict[str, Any]) -> None:
    check_where_all_arrive(play, world)


@in_some_worlds
@given(world=rough_worlds())
def test_they_hold_where_messages_are_lost_and_devices_go_away(play: Play, world: dict[str, Any]) -> None:
    check_where_messages_are_lost(play, world)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@in_many_worlds
@given(world=worlds())
def test_causality_and_conservation_hold_in_a_hundred_worlds(play: Play, world: dict[str, Any]) -> None:
    check_where_all_arrive(play, world)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@in_many_worlds
@given(world=rough_worlds())
def test_they_hold_in_a_hundred_worlds_of_lost_messages(play: Play, world: dict[str, Any]) -> None:
    check_where_messages_are_lost(play, world)
