"""What methods share whose cloud generates parameters of a device's head from a window of unlabelled samples.

A network reads a window and returns what is sent, and the packed head that follows from it. It is trained before t = 0
on windows of the past, for the labelled samples that follow them, and never again.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import torch
from torch import nn

from agents.cache import cached, fingerprint
from agents.codecs.message import Field
from agents.contract import Costs
from agents.methods.base import (
    CloudState,
    Context,
    Deployed,
    DeviceState,
    Payload,
    Recent,
    Updates,
    Who,
    in_chunks,
)
from agents.methods.generated_options import GeneratedOptions
from agents.methods.kept_module import KeptModule
from agents.methods.past_windows import windows_of
from agents.methods.persona.training import DEVICES, Course, Lesson, judged_windows, teach
from agents.methods.persona.uplink import Uplink, uplink_of
from agents.models.base import Base
from agents.models.costs import multiply_adds, trunk_multiply_adds
from agents.models.training import generator, initialise, one_thread
from agents.seeding import Purpose
from agents.streams.base import History, Past


class GeneratedHeads(Deployed):
    """A method says what its network is (:meth:`fresh_network`, :meth:`first_weights`) and what of it is sent."""

    #: Options that change nothing of what is trained.
    served_only: tuple[str, ...] = ("uplink",)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.options: GeneratedOptions = context.options
        self.window, self.expires_s = self.options.window, self.options.expires
        self.uplink: Uplink = self.uplink_of(context)
        self.sees = self.uplink.sees
        self.payload_fields = (self.uplink.field, Field("count", (), "uint8"))
        self.update_fields = (Field("head", (self.head.params,)),)
        self._network = KeptModule("network", self.fresh_network())
        #: Heads that devices began with, [1, params].
        self._first = torch.zeros(1, self.head.params)

    def uplink_of(self, context: Context) -> Uplink:
        """Return how windows go up."""
        return uplink_of(self.options.uplink, self.net, self.window)

    def fresh_network(self) -> nn.Module:
        """Return the network, untrained: (window, count) -> (what is sent [tickets, n], heads [tickets, params]).

        A third result is a loss of its own, which is added while it is trained.
        """
        raise NotImplementedError

    def first_weights(self, network: Any, base: Base, rng: torch.Generator) -> None:
        """Let a fresh network begin with the head of the base."""
        raise NotImplementedError

    def windows_of(self, past: Past, base: Base) -> Any:
        """Return what windows of a past are drawn from, as :func:`agents.methods.past_windows.windows_of` does."""
        return windows_of(past, base)

    def acquaint(self, network: Any, past: Any, rng: torch.Generator) -> None:
        """Let a fresh network see the past before it is trained on it."""

    @property
    def costs(self) -> Costs:
        with torch.device("meta"):
            network = self.fresh_network()
            window, count = torch.zeros(1, self.window, self.head.context), torch.ones(1, dtype=torch.int64)
        # What comes up as it is goes through the trunk here.
        read = trunk_multiply_adds(self.net, self.window) if self.options.uplink in ("ids", "raw") else 0.0
        return replace(super().costs, each=read + multiply_adds(lambda: network(window, count)))

    def prepare(self, history: History, base: Base, seed: int) -> CloudState:
        served_only = {*self.served_only, "expires"}
        key = {
            "what": self.name,
            "options": {name: value for name, value in asdict(self.options).items() if name not in served_only},
            "base": base.digest(),
            "seed": seed,
            "history": fingerprint(history.tensors()),
        }
        with one_thread():
            trained = cached(key, lambda: self.trained(history, base, seed))
        return {**trained, "base": base.head.pack(base.layers), **self.uplink.kept(base)}

    def trained(self, history: History, base: Base, seed: int) -> CloudState:
        """Train the network; return what the cloud keeps of it."""
        options, rng = self.options, generator(seed, Purpose.METHOD, 0)
        network = self.fresh_network()
        initialise(network, rng)
        self.first_weights(network, base, rng)
        past, none = self.windows_of(history.for_adapters, base), torch.zeros(1, base.head.params)
        self.acquaint(network, past, rng)
        judged, looks = self.windows_of(history.validation, base), judged_windows(base.head.params)
        exam = judged.draw(looks, options.window, generator(seed, Purpose.METHOD, 1))

        def lesson() -> Lesson:
            return Lesson(past.draw(DEVICES, options.window, rng, options.stale), none)

        course = Course(options.steps, options.rate, options.noise, None)
        teach(network, base, lesson, Lesson(exam, none), course, rng)
        return self._network.kept(network)

    def start(self, cloud: CloudState, devices: int) -> DeviceState:
        self._first = cloud["base"]
        return self.head.unpack(self._first.repeat(devices, 1))

    def collect(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, Payload]:
        return state, {self.uplink.field.name: self.uplink.sent(recent), "count": recent.count.to(torch.uint8)}

    def adapt(self, cloud: CloudState, payloads: Payload, who: Who) -> tuple[CloudState, Updates]:
        network = self._network.of(cloud)
        with one_thread():
            windows = {"window": self.uplink.read(cloud, payloads), "count": payloads["count"].long()}
            return cloud, in_chunks(lambda rows: self._made(network, cloud, rows), windows)

    @torch.no_grad()
    def _made(self, network: nn.Module, cloud: CloudState, rows: Payload) -> Updates:
        sent = network(rows["window"], rows["count"])[0]
        there = (rows["count"] > 0)[:, None]
        return {self.update_fields[0].name: torch.where(there, sent, self.nothing(cloud))}

    def nothing(self, cloud: CloudState) -> torch.Tensor:
        """Return what is sent to a device that has seen nothing, [1, n]."""
        return cloud["base"]

    def install(self, state: DeviceState, updates: Updates) -> DeviceState:
        return self.head.unpack(updates["head"])

    def expired(self, state: DeviceState) -> DeviceState:
        devices = len(next(iter(state.values())))
        return {**state, **self.head.unpack(self._first.repeat(devices, 1))}
