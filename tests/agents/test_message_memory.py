"""Both ends remember the same of their messages after any loss; and what they remember survives a checkpoint."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

from agents.build import draw_blueprint
from agents.codecs.message import Field
from agents.contract import CohortSpec, FleetSpec
from agents.fleet.block_group import BlockGroup
from agents.fleet.cloud_half import CloudHalf, Collected
from agents.methods.base import Deployed, DeviceState, Payload, Recent, Updates, Who
from agents.pools.blueprint import Blueprint

DEVICES = 5


class Echo(Deployed):
    """Send a vector that counts what was handed over, and get it back; what comes to nothing is not counted."""

    name = "echo"
    writes_on_collect = True
    payload_fields = update_fields = (Field("x", (6,)),)

    def prepare(self, history: Any, base: Any, seed: int) -> dict[str, torch.Tensor]:
        return dict(base.layers)

    def start(self, cloud: dict[str, torch.Tensor], devices: int) -> DeviceState:
        layers = {name: values.repeat(devices, 1, 1) for name, values in cloud.items()}
        zeros = {name: torch.zeros(devices, 6) for name in ("sent", "counted", "got")}
        return {**layers, **zeros}

    def collect(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, Payload]:
        x = state["sent"] + torch.linspace(0.1, 1.3, 6)
        return {**state, "sent": x}, {"x": x}

    def lost(self, state: DeviceState) -> DeviceState:
        return {**state, "sent": state["counted"]}

    def adapt(self, cloud: Any, payloads: Payload, who: Who) -> tuple[Any, Updates]:
        return cloud, payloads

    def install(self, state: DeviceState, updates: Updates) -> DeviceState:
        return {**state, "counted": state["sent"], "got": updates["x"]}


@cache
def blueprint_of(codec: str, **options: Any) -> Blueprint:
    cohort = CohortSpec("phones", DEVICES, 1.0, "periodic", 1.0, lambda uniform: 0.0 * uniform)
    method = {"adapter": f"{__name__}:Echo", "adapter_options": {}, "codec": codec, "codec_options": options}
    task = {"data": "gaussians", "data_options": {"history": 60}, "model": "logistic", "model_options": {}}
    rest = {"pretrain": {"epochs": 1}, "cohorts": (cohort,), "drift": (), "references": ()}
    return draw_blueprint(FleetSpec(seed=1, duration_s=100.0, tick_s=10.0, **task, **method, **rest))


class Ends:
    """A stack of devices and their cloud, without a link between them."""

    def __init__(self, blueprint: Blueprint) -> None:
        self.stack: BlockGroup = blueprint.build()[0]
        self.cloud: CloudHalf = blueprint.cloud_half()
        self.now_s = 0.0

    def collect(self, rows: list[int], tickets: list[int]) -> None:
        self.now_s += 1.0
        row, ticket, at_s = np.array(rows), np.array(tickets), np.full(len(rows), self.now_s)
        self.cloud.take([Collected(ticket, row, at_s, self.stack.collect(row, at_s, ticket))])

    def adapt(self, tickets: list[int]) -> None:
        self.cloud.adapt(np.array(tickets), np.array(tickets))

    def install(self, rows: list[int], tickets: list[int]) -> None:
        ticket, at_s = np.array(tickets), np.full(len(rows), self.now_s)
        self.stack.install(np.array(rows), at_s, ticket, self.cloud.take_updates(ticket))

    def discard(self, rows: list[int], tickets: list[int]) -> None:
        self.cloud.forget(np.array(tickets))
        self.stack.forget(np.array(rows), np.array(tickets))

    def state(self, name: str) -> np.ndarray:
        return self.stack.state.of(np.arange(DEVICES))[name].numpy().copy()

    def on_devices(self, name: str) -> np.ndarray:
        """What devices remember, [devices, ...]."""
        (kept,) = self.kept()
        values = kept[f"codec.{name}"]
        return np.broadcast_to(values, (DEVICES, *values.shape[1:])) if len(values) == 1 else values[:DEVICES]

    def kept(self) -> list[dict[str, np.ndarray]]:
        self.stack.close(self.now_s)
        return self.stack.checkpoint()

    def in_the_cloud(self, name: str) -> np.ndarray:
        """What the cloud remembers of devices, [devices, 6]; zeros where it has heard nothing."""
        kept, held = self.cloud.checkpoint(), np.zeros((DEVICES, 6), np.float32)
        held[kept[f"codec.{name}.held.tickets"]] = kept[f"codec.{name}.held.rows.held.x"]
        return held


def played(ends: Ends, rounds: int, seed: int = 0) -> Iterator[int]:
    """Let devices ask, each time some; requests and replies are lost, tried again, given up, or superseded."""
    generator, ticket = np.random.default_rng(seed), 100 * seed
    for number in range(rounds):
        rows = generator.permutation(DEVICES)[:3].tolist()
        tickets = list(range(ticket, ticket + 3))
        ticket += 3
        ends.collect(rows, tickets)
        case = generator.integers(4)
        if case == 0:
            ends.discard(rows, tickets)
        elif case == 1:
            ends.adapt(tickets)
            ends.collect(rows, tickets)
            ends.adapt(tickets)
            ends.install(rows, tickets)
        elif case == 2:
            newer = list(range(ticket, ticket + 3))
            ticket += 3
            ends.collect(rows, newer)
            ends.adapt(newer)
            ends.install(rows, newer)
            ends.adapt(tickets)
            ends.discard(rows, tickets)
        else:
            ends.adapt(tickets)
            ends.install(rows[:2], tickets[:2])
            ends.discard(rows[2:], tickets[2:])
        yield number


@pytest.mark.parametrize("numbers", ["fp32", "int8"])
def test_both_ends_of_a_delta_hold_the_same_whatever_is_lost(numbers: str) -> None:
    ends = Ends(blueprint_of("delta", numbers=numbers))
    for _ in played(ends, 40):
        assert np.array_equal(ends.on_devices("up.held.x"), ends.in_the_cloud("up"))
        assert np.array_equal(ends.on_devices("down.held.x"), ends.in_the_cloud("down"))
    assert ends.on_devices("up.held.x").min() > 0.0
    assert np.allclose(ends.on_devices("up.held.x"), ends.state("counted"), rtol=0.02)
    assert np.allclose(ends.state("got"), ends.state("counted"), rtol=0.02)


def test_what_is_left_out_of_a_lost_message_is_not_left_out_twice() -> None:
    ends = Ends(blueprint_of("topk", share=0.5))
    ends.collect([0, 1], [0, 1])
    ends.adapt([0, 1])
    ends.install([0], [0])
    ends.discard([1], [1])
    left = ends.on_devices("up.x")
    assert left[0].tolist() == pytest.approx([0.1, 0.34, 0.58, 0.0, 0.0, 0.0])
    assert not left[1:].any()
    assert ends.state("counted")[1].tolist() == ends.state("sent")[1].tolist() == [0.0] * 6


def test_a_device_that_asks_again_starts_from_where_it_was() -> None:
    once, twice = (Ends(blueprint_of("delta")) for _ in range(2))
    twice.collect([0], [0])
    for ends in (once, twice):
        ends.collect([0], [1])
    twice.discard([0], [0])
    for ends in (once, twice):
        ends.adapt([1])
        ends.install([0], [1])
    assert np.array_equal(once.state("got"), twice.state("got"))
    assert np.array_equal(once.on_devices("up.held.x"), twice.on_devices("up.held.x"))


def test_an_update_that_the_other_end_cannot_read_is_a_fault() -> None:
    ends = Ends(blueprint_of("delta"))
    for ticket in (0, 1):
        ends.collect([0], [ticket])
        ends.adapt([ticket])
    ends.install([0], [1])
    with pytest.raises(RuntimeError, match="ticket 0 was coded after exchange -1, and the other end holds exchange 1"):
        ends.install([0], [0])


MEMORIES: dict[str, tuple[dict[str, Any], str]] = {
    "delta": ({}, "up.held.x"),
    "topk": ({"share": 0.4}, "up.x"),
    "random_k": ({"share": 0.4}, "up.inner.x:exchange"),
    "int4": ({}, "up.x:exchange"),
}


@pytest.mark.parametrize("codec", MEMORIES)
@pytest.mark.parametrize("moment", [0, 1, 13])
def test_memories_go_through_a_checkpoint(codec: str, moment: int) -> None:
    options, name = MEMORIES[codec]
    blueprint = blueprint_of(codec, **options)
    ends, others = Ends(blueprint), Ends(blueprint)
    for _ in played(others, 5, seed=3):
        pass
    for _ in played(ends, moment, seed=1):
        pass
    ends.collect([0, 3], [9000, 9001])
    ends.adapt([9000])
    others.stack.restore(ends.kept())
    others.cloud.restore(ends.cloud.checkpoint())
    others.now_s = ends.now_s
    for one in (ends, others):
        one.adapt([9001])
        one.install([0, 3], [9000, 9001])
        for _ in played(one, 10, seed=2):
            pass
    for one in ("got", "sent", "counted"):
        assert np.array_equal(ends.state(one), others.state(one))
    assert np.array_equal(ends.on_devices(name), others.on_devices(name))
    assert ends.on_devices(name).any()


def test_the_cloud_knows_the_bytes_of_each_message() -> None:
    ends = Ends(blueprint_of("topk", share=1.0, threshold=1.0, feedback=False))
    ends.collect([0, 1], [0, 1])
    # Numbers of 1 and more are the last two of six: four bytes each, a count, and places in a bitmap of one byte.
    assert ends.cloud.payload_bytes_of(np.array([1, 0])).tolist() == [13, 13]
    ends.adapt([0, 1])
    ends.install([0], [0])
    ends.collect([0], [2])
    assert ends.cloud.payload_bytes_of(np.array([2])).tolist() == [4 + 1 + 16]
    assert ends.cloud.update_bytes_of(np.array([1])).tolist() == [13]
    assert ends.cloud.update_bytes_of(np.zeros(0, np.int64)).tolist() == []
