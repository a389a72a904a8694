"""IntellectReq: an intelligent model request strategy around any adapter.

"Intelligent Model Update Strategy for Sequential Recommendation" (Lv et al., WWW 2024, arXiv 2302.07335). Two small
nets on the device say whether new parameters would help: a detector of mistakes compares the window of the last request
with the window now, and a conditional VAE says how uncertain it is what follows. The gate is the rank of their score
among quiet moments of the past: ``trigger: {kind: gate, threshold: 0.9}`` asks at a tenth of quiet ticks, ``quantile``
keeps to a share of all, and ``budget`` is a token bucket. Never and always are triggers; chance and outliers, ``by``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from math import inf

import torch

from agents.cache import cached, fingerprint
from agents.contract import Costs
from agents.contract.component import component_of
from agents.methods import ASKING
from agents.methods.base import (
    CloudState,
    Context,
    Deployed,
    DeviceState,
    Inputs,
    Method,
    Payload,
    Recent,
    Updates,
    Who,
)
from agents.methods.intellectreq.gate import RequestGate
from agents.methods.intellectreq.options import IntellectReqOptions
from agents.methods.intellectreq.pairs import PastPairs, window_state
from agents.models.base import Base
from agents.models.costs import multiply_adds
from agents.models.training import generator, one_thread
from agents.seeding import Purpose
from agents.streams.base import History

#: Share of the pairs that the gate learns from that lie within one context, and pairs that it is calibrated on.
_SAME, _QUIET = 0.5, 4096
_OF_GATE = "frozen.gate."
_ASKED, _ASKING, _FRESH = "gate.asked", "gate.asking", "gate.fresh"


class IntellectReq(Deployed):
    """See :class:`IntellectReqOptions`."""

    name, writes_on_collect = "intellectreq", True

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.options: IntellectReqOptions = context.options
        self.inner = inner = self._adapter(context)
        self.window, self.sees, self.needs_labels = inner.window, inner.sees, inner.needs_labels
        self.together, self.expires_s, self.learning_steps = inner.together, inner.expires_s, inner.learning_steps
        self.payload_fields, self.update_fields = inner.payload_fields, inner.update_fields
        self.payload_codec, self.update_codec = inner.payload_codec, inner.update_codec
        target = getattr(self.head, "each", self.head.dims[0])
        self._gate = RequestGate(self.options, self.head.context, target)

    def _adapter(self, context: Context) -> Method:
        given = self.options.inner
        kind = given.pop("kind")
        row = component_of(ASKING, kind, "adapter")
        typed = row.read(given, f"adapter {kind}")
        inner: Method = row.load()(replace(context, options=typed))
        if inner.shared_rows or not inner.window or inner.together:
            raise ValueError(f"'around: {kind}': it asks for nothing by itself; write for example 'around: duet'")
        return inner

    @property
    def costs(self) -> Costs:
        inner, context = self.inner.costs, self.head.context
        return replace(inner, inference=inner.inference + multiply_adds(lambda: self._gate.compute(context)))

    def prepare(self, history: History, base: Base, seed: int) -> CloudState:
        cloud = self.inner.prepare(history, base, seed)
        key = {
            "what": self.name,
            "options": asdict(self.options),
            "codec": type(self.payload_codec).__name__,
            "base": base.digest(),
            "seed": seed,
            "history": fingerprint(history.tensors()),
        }
        with one_thread():
            return cloud | cached(key, lambda: self._made(cloud, history, base, seed))

    def _made(self, cloud: CloudState, history: History, base: Base, seed: int) -> CloudState:
        rng = generator(seed, Purpose.METHOD, 8)
        pairs = PastPairs(history.for_adapters, base, self.inner).drawn(cloud, self.options.pairs, rng, _SAME)
        quiet = PastPairs(history.validation, base, self.inner).drawn(cloud, _QUIET, rng, 1.0)
        return self._gate.made(pairs, quiet, seed, rng)

    def known(self, cloud: CloudState) -> Mapping[str, torch.Tensor]:
        return self.inner.known(cloud)

    def start(self, cloud: CloudState, devices: int) -> DeviceState:
        self._gate.fill(cloud)
        # Some adapters give devices all that they keep: the gate's tables are not theirs.
        own = {name: values for name, values in cloud.items() if not name.startswith(_OF_GATE)}
        state = self.inner.start(own, devices)
        none = next(iter(state.values())).new_zeros(devices, self.head.context, dtype=torch.float32)
        fresh = torch.ones(devices, dtype=torch.uint8, device=none.device)
        return {**state, _ASKED: none, _ASKING: none.clone(), _FRESH: fresh}

    def predict(self, state: DeviceState, inputs: Inputs) -> torch.Tensor:
        return self.inner.predict(state, inputs)

    def score(self, state: DeviceState, inputs: Inputs, logits: torch.Tensor) -> torch.Tensor:
        return self.inner.score(state, inputs, logits)

    def learn(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, torch.Tensor]:
        return self.inner.learn(state, recent)

    def collect(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, Payload]:
        later, payload = self.inner.collect(state, recent)
        return {**later, _ASKING: window_state(recent.unlabelled, self.head.context)}, payload

    def lost(self, state: DeviceState) -> DeviceState:
        return {**self.inner.lost(state), _ASKING: state[_ASKED].clone()}

    def gate(self, state: DeviceState, recent: Recent) -> torch.Tensor:
        # The world shows in the newest samples, long before the labels of an adapter that needs them are due.
        now = window_state(recent.unlabelled, self.head.context)
        ranks = self._gate.ranks(state[_ASKED], now)
        # A device that was never answered asks; one without samples that may be sent has nothing to ask with.
        ranks = torch.where(state[_FRESH] > 0, inf, ranks)
        return torch.where(recent.count > 0, ranks, -inf)

    def adapt(self, cloud: CloudState, payloads: Payload, who: Who) -> tuple[CloudState, Updates]:
        return self.inner.adapt(cloud, payloads, who)

    def install(self, state: DeviceState, updates: Updates) -> DeviceState:
        answered = {_ASKED: state[_ASKING].clone(), _FRESH: torch.zeros_like(state[_FRESH])}
        return {**self.inner.install(state, updates), **answered}

    def expired(self, state: DeviceState) -> DeviceState:
        return {**self.inner.expired(state), _FRESH: torch.ones_like(state[_FRESH])}
