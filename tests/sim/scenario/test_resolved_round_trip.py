"""``resolved.yaml`` loads to an equal scenario, and the fingerprint tells results apart, not names."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.scenario import Scenario, dump_resolved, load

Write = Callable[..., Path]
Loaded = Callable[..., Scenario]

times = st.floats(1e-9, 1e6, allow_subnormal=False)
periods = st.floats(1e4, 1e6)
shares = st.floats(0, 1)


@st.composite
def distributions(draw: st.DrawFn) -> object:
    value, shape = draw(times), draw(st.floats(0.1, 10))
    weight = draw(shares)
    return draw(
        st.sampled_from(
            [
                f"{value!r} s",
                {"exponential": {"mean": f"{value!r} ms"}},
                {"lognormal": {"median": f"{value!r} s", "sigma": shape}},
                {"uniform": {"low": "0 s", "high": f"{value!r} us"}},
                {"weibull": {"scale": f"{value!r} s", "shape": shape}},
                {"erlang": {"mean": f"{value!r} min", "stages": 3}},
                {"empirical": {"values": [f"{value!r} s", "1 s"]}},
                {"hyperexponential": {"means": [f"{value!r} s", "1 s"], "weights": [weight, 1 - weight]}},
            ]
        )
    )


@st.composite
def scenarios(draw: st.DrawFn) -> dict[str, object]:
    duration = draw(st.floats(60, 1e6))
    link = {
        "up": f"{draw(st.floats(0, 1e12))!r} bit/s",
        "down": {"rate": f"{draw(st.floats(0, 1e9))!r} kB/s"},
        "latency": draw(distributions()),
        "jitter": draw(distributions()),
        "header": f"{draw(st.integers(0, 99))} B",
    }
    cohort = {
        "cohort": draw(st.sampled_from(["a", "on", "null", "1e5", "0x1f", "no"])),
        "devices": draw(st.integers(1, 10**6)),
        "samples": {"rate": f"{draw(st.floats(0, 1e-3))!r} /min"},
        "labels": {"share": draw(shares), "after": draw(distributions())},
        "link": "lte",
    }
    change = {
        "at": f"{draw(st.floats(0, 59))!r} s",
        "kind": "gradual",
        "over": f"{draw(times)!r} s",
        "share": draw(shares),
        "to": {"rotate": f"{draw(st.floats(-360, 360))!r} deg", "noise": draw(st.floats(0, 2))},
    }
    return {
        "version": 1,
        "name": "drawn",
        "description": draw(st.text("ab: #'\"\\{}[]\n-é", max_size=20)) or "x",
        "duration": f"{duration!r} s",
        "tick": "1 s",
        "task": {"data": "digits"},
        "fleet": [cohort],
        "drift": [change],
        "links": {"lte": link},
        "cloud": {"service": draw(distributions())},
        "method": {
            "adapter": "cloud_ft",
            "trigger": {"kind": "periodic", "every": f"{draw(periods)!r} s"},
        },
    }


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=scenarios())
def test_what_is_written_out_loads_to_an_equal_scenario(write: Write, drawn: dict[str, object]) -> None:
    scenario = load(write(json.dumps(drawn), "drawn.yaml"))
    text = dump_resolved(scenario)
    again = load(write(text, "again.yaml"))
    assert again == scenario
    assert again.fingerprint() == scenario.fingerprint()
    assert dump_resolved(again) == text


def test_every_default_is_written_out(loaded: Loaded) -> None:
    written = yaml.safe_load(dump_resolved(loaded()))
    assert written["cloud"] == {
        "workers": 1,
        "service": {"constant": {"value": "0 s"}},
        "queue": "fifo",
        "capacity": "unlimited",
        "batch": {"max": 1, "wait": "0 s", "each": "0 s"},
        "failures": [],
        "power": {"idle": "0 W", "busy": "0 W"},
    }
    assert written["method"]["in_flight"] == "drop"
    assert written["fleet"][0]["labels"] == {"share": "0 %", "after": {"constant": {"value": "0 s"}}}
    assert written["links"]["lte"]["up"] == {"rate": "256 kbit/s"}


@pytest.mark.parametrize(
    ("override", "same"),
    [
        ("name=other", True),
        ("description=other", True),
        ("execution.workers=2", True),
        ("sweep.seeds=2", True),
        ("seed=8", False),
        ("tick=5 s", False),
        ("drift.0.name=other", False),
        ("links.lte.up=257 kbit/s", False),
        ("links.lte.up=256000 bit/s", True),
        ("method.codec=fp32", True),
    ],
)
def test_the_fingerprint_tells_what_can_change_a_result(loaded: Loaded, override: str, same: bool) -> None:
    assert (loaded(overrides=(override,)).fingerprint() == loaded().fingerprint()) is same


def test_files_count_by_content_and_not_by_name(loaded: Loaded, write: Write) -> None:
    def fingerprint(name: str, text: str) -> str:
        write(text, name)
        return loaded(overrides=(f"cloud.service={{empirical: {{file: {name}, unit: ms}}}}",)).fingerprint()

    assert fingerprint("a.txt", "1\n2\n") == fingerprint("b.txt", "1\n2\n")
    assert fingerprint("a.txt", "1\n2\n") != fingerprint("a.txt", "1\n3\n")


def test_recorded_values_may_carry_their_unit(loaded: Loaded, write: Write) -> None:
    write("# served\n1 ms\n\n3 ms  # slow\n", "times.txt")
    scenario = loaded(overrides=("cloud.service={empirical: times.txt}",))
    assert scenario.cloud.service.mean == 0.002
    again = load(write(dump_resolved(scenario), "again.yaml"))
    assert again.cloud == scenario.cloud


def test_a_bad_line_of_recorded_values_is_named(small: str, refusal: Callable[..., list[str]], write: Write) -> None:
    write("1 ms\n2\n", "times.txt")
    (said,) = refusal(small, ("cloud.service={empirical: times.txt}",))
    assert "times.txt:2: 2 has no unit" in said
