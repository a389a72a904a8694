"""Claims in a scenario: what is refused, where, and with which remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.scenario import ScenarioErrors, load

BASE = """
version: 1
duration: 1 min
task: none
fleet: [{cohort: phones, devices: 2, link: lte}]
links: {lte: {up: 1 Mbit/s, down: 1 Mbit/s}}
method: {adapter: {kind: probe, payload: 1 kB, update: 1 kB}, trigger: {kind: periodic, every: 5 s}}
sweep: {seeds: 2, grid: {links.lte.up: [1 Mbit/s, 2 Mbit/s], method.codec: [fp32, {kind: topk, share: 5 %}]}}
"""
WIDE = "of: {links.lte.up: 2 Mbit/s, method.codec: topk}"
NARROW = "to: {links.lte.up: 1 Mbit/s, method.codec: topk}"


def write(folder: Path, claim: str, base: str = BASE) -> Path:
    file = folder / "claimed.yaml"
    file.write_text(base + (f"claims: [{{finding: f, {claim}}}]\n" if claim else ""), encoding="utf-8")
    return file


def test_a_method_is_named_by_its_kind(tmp_path: Path) -> None:
    scenario = load(write(tmp_path, f"kind: beats, metric: mean_age_s, {WIDE}, {NARROW}"))
    assert [claim.kind for claim in scenario.claims] == ["beats"]


def test_claims_do_not_change_what_a_run_is(tmp_path: Path) -> None:
    claimed = load(write(tmp_path, f"kind: beats, metric: mean_age_s, {WIDE}, {NARROW}")).fingerprint()
    assert claimed == load(write(tmp_path, "")).fingerprint()


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        (f"kind: beat, {WIDE}", "did you mean 'beats'?"),
        (f"kind: beats, {WIDE}, {NARROW}, bye: 1 %", "did you mean 'by'?"),
        (f"kind: beats, metric: acuracy, {WIDE}, {NARROW}", "there is no metric 'acuracy'; did you mean 'accuracy'?"),
        (f"kind: beats, metric: mean_age_s, by: 5 %, {WIDE}, {NARROW}", "it is an amount of mean_age_s"),
        (f"kind: lies, above: 60 %, below: 10 %, {WIDE}", "nothing lies above 60 % and below 10 %"),
        (f"kind: ratio, least: 3, most: 2, {WIDE}, {NARROW}", "nothing is 3 times at least and 2 times at most"),
        (f"kind: beats, {WIDE}, {WIDE.replace('of:', 'to:')}", "is the setting that 'of' names, too"),
        (f"kind: lies, above: 1 %, from: 50 s, until: 20 s, {WIDE}", "20 s is not after from (50 s)"),
        (f"kind: lies, {WIDE}", "nothing is claimed: give above, below, or both"),
        (
            "kind: lies, above: 1 %, of: {links.lte.up: 1 Mbit/s}",
            "names 2 settings of the sweep; say which method.codec",
        ),
        (
            "kind: lies, above: 1 %, of: {links.lte.upp: 1 Mbit/s}",
            "no axis 'links.lte.upp'; did you mean 'links.lte.up'?",
        ),
        ("kind: lies, above: 1 %, of: {links.lte.up: 3 Mbit/s}", "the sweep has no value '3 Mbit/s'"),
        ("kind: monotone, axis: links.lte.up", "leaves more than one setting at each value; say which method.codec"),
        (f"kind: lies, above: 1 %, expected: refuted, {WIDE}", "needs a reading: say why"),
        (f"kind: lies, metric: delay_s, from: 1 s, above: 1 s, {WIDE}", "delay_s is of the whole run"),
        (f"kind: agrees, metric: mean_age_s, form: age_fofo, {WIDE}", "did you mean 'age_fifo'?"),
        (f"kind: agrees, metric: delay_s, form: age_fifo, {WIDE}", "age_fifo is of mean_age_s, not of delay_s"),
    ],
)
def test_what_cannot_be_claimed_is_refused_in_one_line(claim: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ScenarioErrors) as refused:
        load(write(tmp_path, claim))
    assert said in str(refused.value)
    assert "claims.0" in str(refused.value)
