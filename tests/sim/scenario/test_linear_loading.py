"""Long scenarios load in time that grows with their length, and what is wrong in them is told briefly."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from sim.scenario import ScenarioErrors, load

Write = Callable[..., Path]

HEAD = """\
version: 1
duration: 100 h
tick: 1 h
task: {data: gaussians, model: logistic}
fleet: [{cohort: phones, devices: 4, link: access, samples: {every: 10 s}}]
method: {adapter: cloud_ft, trigger: {kind: periodic, every: 100 s}}
"""
ACCESS = "access: {up: 1 Mbit/s, down: 1 Mbit/s}"


def links(count: int) -> str:
    return "".join(f"  l{n}: {{up: 1 Mbit/s, down: 1 Mbit/s}}\n" for n in range(count))


def chain(count: int, last: str) -> str:
    """Return shared links of which each leads to the next one, and the last one to ``last``."""
    lines = [f"  l{n}: {{up: 1 Mbit/s, down: 1 Mbit/s, shared: true, via: l{n + 1}}}\n" for n in range(count)]
    return "".join(lines) + f"  l{count}: {{up: 1 Mbit/s, down: 1 Mbit/s, shared: true, via: [{last}]}}\n"


def drifts(count: int) -> str:
    return "".join(f"  - {{at: {n * 10} s, kind: sudden, to: {{rotate: {n % 360} deg}}}}\n" for n in range(count))


def overlapping(count: int) -> str:
    return "".join(
        f"  - {{at: {n} s, kind: gradual, over: 50 h, to: {{rotate: {n % 99} deg}}}}\n" for n in range(count)
    )


@pytest.fixture
def seconds(write: Write) -> Callable[[str], float]:
    """Return the processor time that loading a text takes [s]."""

    def measure(text: str) -> float:
        path = write(HEAD + text)
        began = time.process_time()
        with suppress(ScenarioErrors):
            load(path)
        return time.process_time() - began

    return measure


def texts() -> Iterator[tuple[str, str]]:
    yield "links", f"links:\n  {ACCESS}\n{links(6_000)}"
    yield "drifts", f"links: {{{ACCESS}}}\ndrift:\n{drifts(4_000)}"
    yield "overlapping drifts", f"links: {{{ACCESS}}}\ndrift:\n{overlapping(4_000)}"
    yield "a chain of links", f"links:\n  {ACCESS}\n{chain(4_000, '')}"
    yield "a circle of links", f"links:\n  {ACCESS}\n{chain(4_000, 'l0')}"
    yield "unknown keys", f"links: {{{ACCESS}}}\n" + "".join(f"key{n}: 1\n" for n in range(10_000))


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in texts()])
def test_long_scenarios_load_in_seconds(text: str, seconds: Callable[[str], float]) -> None:
    assert seconds(text) < 2.5


def test_the_first_twenty_problems_and_a_count(write: Write) -> None:
    path = write(HEAD + f"links: {{{ACCESS}}}\n" + "".join(f"key{n}: 1\n" for n in range(500)))
    with pytest.raises(ScenarioErrors) as caught:
        load(path)
    lines = str(caught.value).splitlines()
    assert len(caught.value.problems) == 500
    assert len(lines) == 21
    assert lines[0].startswith(f"{path}:8:1: key0: unknown key")
    assert lines[-1] == "and 480 more problems"


def test_a_circle_is_told_by_its_links(write: Write) -> None:
    text = "links:\n  a: {up: 1 Mbit/s, down: 1 Mbit/s, via: b}\n"
    text += "  b: {up: 1 Mbit/s, down: 1 Mbit/s, shared: true, via: [c]}\n"
    text += "  c: {up: 1 Mbit/s, down: 1 Mbit/s, shared: true, via: [d, b]}\n"
    text += "  d: {up: 1 Mbit/s, down: 1 Mbit/s, shared: true}\n"
    with pytest.raises(ScenarioErrors, match=r"links\.a\.via: goes in a circle: b -> c -> b"):
        load(write(HEAD.replace("link: access", "link: a") + text))
