"""A cloud with a large frozen teacher: never copied for an exchange, never changed, named so in checkpoints."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from agents.codecs.making import make_codec
from agents.codecs.message import Field
from agents.contract import FROZEN
from agents.fleet.cloud_half import CloudHalf, Collected
from agents.methods.base import CloudState, Context, Deployed, DeviceState, Payload, Recent, Updates, Who
from agents.models.base import Base
from agents.models.making import make_net
from agents.streams.base import History

SIZE = 1000


class Taught(Deployed):
    """Asks a frozen teacher of 4 MB what to think of each payload, and counts how often it did."""

    name = "taught"
    payload_fields = (Field("question", (SIZE,)),)
    update_fields = (Field("answer", (2,)),)

    def prepare(self, history: History, base: Base, seed: int) -> CloudState:
        return {"frozen.teacher": torch.eye(SIZE), "asked": torch.zeros(1, dtype=torch.int64)}

    def start(self, cloud: CloudState, devices: int) -> DeviceState:
        return {"answer": torch.zeros(1, 2)}

    def collect(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, Payload]:
        raise AssertionError

    def adapt(self, cloud: CloudState, payloads: Payload, who: Who) -> tuple[CloudState, Updates]:
        answer = payloads["question"] @ cloud["frozen.teacher"]
        return {"asked": cloud["asked"] + len(who)}, {"answer": answer[:, :2]}

    def install(self, state: DeviceState, updates: Updates) -> DeviceState:
        return updates


class Forgetful(Taught):
    """Changes what it calls frozen."""

    def adapt(self, cloud: CloudState, payloads: Payload, who: Who) -> tuple[CloudState, Updates]:
        later, updates = super().adapt(cloud, payloads, who)
        return later | {"frozen.teacher": cloud["frozen.teacher"] + 1.0}, updates


def cloud_of(kind: type[Taught]) -> CloudHalf:
    method = kind(Context({}, make_codec("fp32"), make_net("logistic", (3,), 2, {})))
    return CloudHalf(method, method.prepare(None, None, 0))  # type: ignore[arg-type]  # it looks at neither


def ask(cloud: CloudHalf, ticket: int) -> None:
    one = np.array([ticket])
    cloud.take([Collected(one, one, one.astype(float), {"question.numbers": torch.ones(1, SIZE)})])
    cloud.adapt(one, one)


def test_a_teacher_is_the_same_tensor_through_exchanges_and_measurements() -> None:
    cloud = cloud_of(Taught)
    teacher = cloud.state["frozen.teacher"]
    ask(cloud, 0)
    ask(cloud, 1)
    cloud.measure({"question.numbers": torch.ones(3, SIZE)})
    assert cloud.state["frozen.teacher"] is teacher
    assert int(cloud.state["asked"]) == 2


def test_a_checkpoint_names_it_frozen_copies_it_not_and_brings_it_back() -> None:
    cloud, again = cloud_of(Taught), cloud_of(Taught)
    ask(cloud, 0)
    kept = cloud.checkpoint()
    frozen = {name: values for name, values in kept.items() if FROZEN in name.split(".")}
    assert list(frozen) == ["state.frozen.teacher"]
    assert np.shares_memory(frozen["state.frozen.teacher"], cloud.state["frozen.teacher"].numpy())
    assert sum(values.nbytes for name, values in kept.items() if name not in frozen) < 10_000
    again.restore(kept)
    ask(again, 1)
    assert int(again.state["asked"]) == 2
    assert torch.equal(again.state["frozen.teacher"], cloud.state["frozen.teacher"])


def test_a_method_that_changes_it_is_stopped() -> None:
    with pytest.raises(TypeError, match=r"taught.adapt changed 'frozen.teacher'"):
        ask(cloud_of(Forgetful), 0)
