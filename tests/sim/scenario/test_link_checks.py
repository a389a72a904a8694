"""Links against each other and against their files: what no link can say about itself alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from sim.scenario import ScenarioErrors, load
from sim.scenario.layers import read_tree
from sim.scenario.loader import check

Write = Callable[..., Path]


def check_all(path: Path) -> object:
    """Read a scenario."""
    return check(read_tree(path, []))


@pytest.mark.parametrize(
    ("links", "said"),
    [
        ("a: {via: [b]}", "links.a.via: there is no link 'b'"),
        ("a: {via: [b]}\n  b: {}", "links.a.via: 'b' is private; messages go via links that are shared"),
        (
            "a: {via: [b]}\n  b: {shared: true, via: [c]}\n  c: {shared: true, via: [b]}",
            "links.a.via: goes in a circle: b -> c -> b",
        ),
        ("a: {weights: {phone: 2}}", "links.a.weights: there is no cohort 'phone'; did you mean 'phones'?"),
        ("a: {loss: {bernoulli: 1.2}}", "links.a.loss.bernoulli: 1.2 is outside 0 % to 100 %"),
        (
            "a: {loss: {bernoulli: 0.1, gilbert_elliott: {p: 0.1, r: 0.1}}}",
            "exactly one is needed: bernoulli",
        ),
        ("a: {outages: [{at: 1 s}]}", "links.a.outages.0.for: is missing"),
        ("a: {recovery: {arq: off, retries: 64}}", "links.a.recovery.retries: 64 is above 63"),
        (
            f"a: {{via: [{', '.join(['b'] * 16)}]}}\n  b: {{shared: true}}",
            "links.a.via: a message crosses 15 links after its own at most, not 16",
        ),
    ],
)
def test_links_are_checked_against_each_other(write: Write, small: str, links: str, said: str) -> None:
    rated = links.replace("{", "{up: 1 Mbit/s, down: 1 Mbit/s, ", 1)
    rated = rated.replace("b: {", "b: {up: 1 Mbit/s, down: 1 Mbit/s, ").replace(
        "c: {", "c: {up: 1 Mbit/s, down: 1 Mbit/s, "
    )
    with pytest.raises(ScenarioErrors) as caught:
        check_all(write(small.replace("links:\n", f"links:\n  {rated}\n").replace(", }", "}")))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "empty"), ("0 3\n2 4\n1 5\n", "t.txt:3"), ("0 -3\n1 4\n", "t.txt:1"), ("0 0\n1 0\n", "zero")],
)
def test_a_bad_trace_is_refused_before_anything_runs(write: Write, small: str, text: str, said: str) -> None:
    write(text, "t.txt")
    trace = "up: {trace: {file: t.txt, column: 2, unit: Mbit/s, time_column: 1, time_unit: s}}"
    with pytest.raises(ScenarioErrors) as caught:
        check_all(write(small.replace("up: 256 kbit/s", trace)))
    (problem,) = caught.value.problems
    assert (problem.line, problem.path) == (14, "links.lte.up.trace")
    assert said in problem.message


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("scale: 1e305", "scale 1e+305 makes values above 1e+30 of it"),
        ("column: 1, time_column: 1", "cannot be the column of the time and of the rate"),
    ],
)
def test_a_trace_that_is_read_into_nonsense_is_refused(write: Write, small: str, options: str, said: str) -> None:
    write("time_s,rate_kbps\n0,8\n20,80\n", "r.csv")
    with pytest.raises(ScenarioErrors, match=re.escape(said)):
        check_all(write(small.replace("up: 256 kbit/s", f"up: {{trace: {{file: r.csv, {options}}}}}")))


def test_a_trace_that_is_played_once_must_last_as_long_as_the_run(tmp_path: Path) -> None:
    (tmp_path / "short.txt").write_text("0 1.0\n10 2.0\n20 1.0\n", encoding="utf-8")
    file = tmp_path / "once.yaml"
    text = (
        "version: 1\nduration: {run}\ntask: none\nfleet: [{{cohort: a, devices: 1, link: l}}]\nlinks:\n"
        "  l:\n    up: {{trace: {{file: short.txt, unit: Mbit/s, time_unit: s, end: once}}}}\n    down: 1 Mbit/s\n"
        "method: {{adapter: {{kind: probe, payload: 1 kB, update: 1 kB}}}}\n"
    )
    file.write_text(text.format(run="30 s"), encoding="utf-8")
    load(file)
    file.write_text(text.format(run="31 s"), encoding="utf-8")
    with pytest.raises(ScenarioErrors, match=r"once\.yaml:7:.*lasts 30 s from its offset on, the run 31 s"):
        load(file)


PLAIN = """\
version: 1
duration: 60 s
task: none
fleet: [{cohort: a, devices: 2, link: l}]
links: {l: {up: 8 kbit/s, down: 16 kbit/s, via: [m]}, m: {up: 1 Mbit/s, down: 1 Mbit/s, shared: true}}
method:
  adapter: {kind: probe, payload: 1 kB, update: 2 kB}
  trigger: {kind: at, times: [10 s]}
"""


@pytest.mark.parametrize(
    ("override", "said"),
    [
        (
            "links.l.up={markov: {states: [8 kbit/s, 1 kbit/s], stay: [1 s, 1 s], next: [[0, 1], [0, 1]]}}",
            "links.l.up.markov.next: the state 8000 bit/s is never reached from 1000 bit/s",
        ),
        ("links.l.loss={fitted: {file: l.csv}}", "links.l.loss.fitted: "),
        ("fleet.0.availability={kind: diurnal, from: 1 h, until: 5 h, zones: []}", "zones: has 0 entries"),
        ("links.m.recovery={arq: off, retries: 3}", "links.m.recovery.retries: has no effect: no cohort is on 'm'"),
        ("links.l.via=[m, m]", "links.l.via: names 'm' twice"),
        ("links.l.latency={empirical: {values: [5 ms], unit: s}}", "latency.empirical: unit is of a file's numbers"),
        ("links.m.radio={tail: 1 W}", "links.m.radio: no cohort is on 'm'"),
        (
            "links={l: {up: 8 kbit/s, down: 16 kbit/s, discipline: ps, weights: {a: 1}, via: [m]}, "
            "m: {up: 1 Mbit/s, down: 1 Mbit/s, shared: true, discipline: ps, weights: {a: 3}}}",
            "links.m.weights.a: is another weight than on 'l' (1), which the same messages share",
        ),
    ],
)
def test_what_a_run_would_stumble_over_is_refused_at_once(tmp_path: Path, override: str, said: str) -> None:
    (tmp_path / "l.csv").write_text("lost\n0\n0\n0\n", encoding="utf-8")
    file = tmp_path / "plain.yaml"
    file.write_text(PLAIN, encoding="utf-8")
    load(file)
    with pytest.raises(ScenarioErrors) as caught:
        load(file, [override.replace("l.csv", str(tmp_path / "l.csv"))])
    assert said in str(caught.value)
