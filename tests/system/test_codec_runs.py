"""Codecs that remember, and such whose sizes depend on data, in whole runs over links that lose."""

from __future__ import annotations

import pytest
from run_commands import RunScenario, scenario_of

from agents.contract import MessageSizes
from sim.run.assembly import assemble
from sim.scenario import load

LOSSY = ["links.lte={up: 40 kbit/s, down: 80 kbit/s, latency: 100 ms, jitter: 300 ms, loss: 2 %, recovery: {arq: off}}"]
CODECS = {
    "topk": "{kind: delta, numbers: {kind: topk, share: 5 %}}",
    "random_k": "{kind: delta, numbers: {kind: random_k, share: 5 %}}",
    "int4": "int4",
    "delta": "{kind: delta, numbers: int8}",
    "rice": "rice",
}


@pytest.mark.parametrize(
    ("codec", "in_flight"),
    [
        ("topk", "drop"),
        ("delta", "drop"),
        ("delta", "replace"),
        ("rice", "queue"),
        ("random_k", "replace"),
        ("int4", "drop"),
    ],
)
def test_lazy_and_eager_play_give_one_digest(play: RunScenario, codec: str, in_flight: str) -> None:
    overrides = [*LOSSY, f"method.codec={CODECS[codec]}", f"method.in_flight={in_flight}"]
    lazy, eager = (play("digits", *overrides, eager=eager) for eager in (False, True))
    assert lazy.summary["installed"] > 20
    assert (lazy.exchanges["outcome"] == "lost").any()
    assert eager.digest == lazy.digest


@pytest.mark.parametrize(
    ("codec", "from_data"),
    [
        ("rice", True),
        ("int8", False),
        ("{kind: delta, numbers: {kind: topk, threshold: 0.1}}", True),
        ("{kind: delta, numbers: topk}", False),
        ("delta", False),
    ],
)
def test_sizes_from_data_are_announced(codec: str, from_data: bool) -> None:
    assert sizes(codec).from_data == from_data


def test_options_reach_the_codec() -> None:
    few, many = (
        sizes(f"{{kind: delta, numbers: {{kind: topk, share: {share} %}}}}").payload_bytes for share in (2, 20)
    )
    assert 3 * few < many


def test_updates_may_have_a_codec_of_their_own(play: RunScenario) -> None:
    both, up, down = sizes("int8"), sizes("fp32"), sizes("fp32", "method.update_codec=int8")
    assert (down.payload_bytes, down.update_bytes) == (up.payload_bytes, both.update_bytes)
    lazy, eager = (play("digits", *LOSSY, "method.update_codec=rice", eager=eager) for eager in (False, True))
    assert eager.digest == lazy.digest


def sizes(codec: str, *overrides: str) -> MessageSizes:
    """Return what the data plane says of sizes."""
    plane = assemble(load(scenario_of("digits"), [f"method.codec={codec}", *overrides])).simulation.plane
    assert plane is not None
    plane.close()
    return plane.sizes
