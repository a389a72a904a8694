"""Persona: label-free edits of a device's head, made in the cloud from a window of what the device just saw.

"Persona" (ACM MM 2025, arXiv 2509.06552), with corrections to its published code: one frozen trunk for all,
registered generators, one bound for training and serving, refinement without back-propagation after t = 0.

Before t = 0 a first adapter learns to edit the base head. Its codes are clustered; each cluster gets a prototype head
``W_k`` and an adapter ``A_k`` of its own, which is trained on that head. A window finds its prototype by its code, and
the device ends with ``W_k + bounded(A_k(window))``; what is served refines the prototypes.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import asdict, replace
from functools import partial
from typing import Any

import torch

from agents.cache import cached, fingerprint
from agents.codecs.message import Field
from agents.contract import Costs
from agents.methods.base import (
    CloudState,
    Context,
    Deployed,
    DeviceState,
    Inputs,
    Payload,
    Recent,
    Updates,
    Who,
    in_chunks,
)
from agents.methods.past_windows import windows_of
from agents.methods.persona.adapter import Adapter, bounded
from agents.methods.persona.groups import QUANTILES, Groups
from agents.methods.persona.groups import stacked as stacked_weights
from agents.methods.persona.options import PersonaOptions
from agents.methods.persona.prototypes import Asked, Prototypes, Refinement, at_rest
from agents.methods.persona.replies import Held, Replies
from agents.methods.persona.training import DEVICES, Course, Lesson, judged_windows, teach
from agents.methods.persona.uplink import uplink_of
from agents.models.base import Base
from agents.models.costs import multiply_adds, trunk_multiply_adds
from agents.models.training import generator, initialise, one_thread
from agents.seeding import Purpose
from agents.streams.base import History

#: Options that the first adapter is trained with, and those that its groups are made with, beside.
_FIRST = ("window", "form", "tau", "transfer", "pooling", "code", "width", "rank", "stale", "noise", "steps", "rate")
_GROUPS = ("prototypes", "prototype_from", "adapters", "group_steps")
#: Rows that an adapter of a group edits at once: a request finds few others of its group.
_TOGETHER = 16


class Persona(Deployed):
    """See :class:`PersonaOptions`, of which ``form: generate``, ``transfer: linear``, ``adapters: single`` and
    ``refine: 0`` are ablations."""

    name = "persona"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.options: PersonaOptions = context.options
        options = self.options
        self.window, self.expires_s = options.window, options.expires
        self._generates = options.form == "generate"
        self.tau = None if self._generates else options.tau
        self.uplink = uplink_of(options.uplink, self.net, self.window)
        self.sees = self.uplink.sees
        self.replies = Replies(options, self.head)
        self.adapter = self._fresh_adapter()
        reach = options.tau
        self.rule = Refinement(options.refine, options.refine_step, reach, options.publish_every, options.hysteresis)
        version = (Field("version", (), "int16"),) if options.brings == "when_changed" else ()
        named = (Field("prototype", (), "uint8"), Field("count", (), "uint8"))
        self.payload_fields = (self.uplink.field, *named, *version)
        self.update_fields = self.replies.fields
        self.update_codec = self.replies.coded(self.update_codec)
        self._adapters: dict[str, list[Adapter]] = {}
        self._served: dict[str, Mapping[str, torch.Tensor]] = {}

    @property
    def costs(self) -> Costs:
        with torch.device("meta"):
            adapter = self._fresh_adapter()
            window, count = torch.zeros(1, self.window, self.head.context), torch.ones(1, dtype=torch.int64)
        once, options = multiply_adds(lambda: adapter(window, count)), self.options
        # The code of a window is compared with those of all prototypes.
        compared = options.prototypes * len(self.head.sizes) * options.code
        edits = options.prototypes if options.assign == "smallest_edit" else int(options.edits_served)
        # What comes up as it is goes through the trunk here.
        read = trunk_multiply_adds(self.net, self.window) if options.uplink in ("ids", "raw") else 0.0
        return replace(super().costs, each=read + once * (1 + edits) + compared)

    def prepare(self, history: History, base: Base, seed: int) -> CloudState:
        options = asdict(self.options)
        key: dict[str, Any] = {
            "what": self.name,
            "options": {name: options[name] for name in _FIRST},
            "base": base.digest(),
            "seed": seed,
            "history": fingerprint(history.tensors()),
        }
        with one_thread():
            first = cached(key, lambda: self._first(history, base, seed))
            self.adapter.load_state_dict(first)
            if self._generates:
                made = self._generator(base)
            else:
                # Where edits are never asked for, groups have no adapters.
                grouped = {name: options[name] for name in _GROUPS} | {"edits": self.options.edits_served}
                made = cached({**key, "groups": grouped}, lambda: self._groups(history, base, seed))
        common = {f"frozen.common.{name}": value for name, value in first.items()}
        head = base.head.pack(base.layers)
        return {**common, **made, **at_rest(made["centres"], head.shape[1]), "base": head, **self.uplink.kept(base)}

    def start(self, cloud: CloudState, devices: int) -> DeviceState:
        return self.replies.fresh(cloud, devices)

    def predict(self, state: DeviceState, inputs: Inputs) -> torch.Tensor:
        if not self.replies.numbers_only:
            return super().predict(state, inputs)
        return self.head.forward(self.head.unpack(self.replies.prototype(state["prototype"])), inputs.features)

    def collect(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, Payload]:
        named = {"prototype": state["prototype"], "count": recent.count.to(torch.uint8)}
        sent = {self.uplink.field.name: self.uplink.sent(recent), **named, "version": state["version"]}
        return state, {field.name: sent[field.name] for field in self.payload_fields}

    def adapt(self, cloud: CloudState, payloads: Payload, who: Who) -> tuple[CloudState, Updates]:
        common, groups = (self._adapters_of(cloud, f"frozen.{name}.") for name in ("common", "group"))
        with one_thread():
            windows = {"window": self.uplink.read(cloud, payloads), "count": payloads["count"].long()}
            asked = in_chunks(lambda rows: _asked(common[0], rows), windows, by_kernels=True)
            sizes = self._sizes(groups, windows) if self.options.assign == "smallest_edit" else None
            serving = Prototypes(cloud, self.rule)
            held = Held.of(payloads)
            misfit = self._misfits(cloud, serving, asked["code"])
            fits = ~(held.silent | misfit)
            edits = partial(self._edits, groups, windows)
            served = serving.serve(Asked(asked["code"], held.prototype, sizes, fits), edits)
        return {**cloud, **serving.cloud()}, self.replies.written(served, ~fits, held)

    def install(self, state: DeviceState, updates: Updates) -> DeviceState:
        return self.replies.installed(state, updates)

    def expired(self, state: DeviceState) -> DeviceState:
        return self.replies.expired(state)

    def _misfits(self, cloud: CloudState, serving: Prototypes, codes: torch.Tensor) -> torch.Tensor:
        """Return which windows are as far from all prototypes as next to none of the past were: bool [tickets]."""
        if not self.options.gate:
            return torch.zeros(len(codes), dtype=torch.bool, device=codes.device)
        at = round((QUANTILES - 1) * (1.0 - self.options.gate))
        return serving.distances(codes).min(1).values > cloud["frozen.distances"][at]

    def _edits(
        self, groups: list[Adapter], windows: Payload, prototype: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return edits [tickets, params] and their codes [tickets, layers * code], by the adapters of prototypes."""
        tickets = len(prototype)
        window = windows["window"]
        if not groups:
            return window.new_zeros(tickets, 0), window.new_zeros(tickets, 0)
        edit = window.new_empty(tickets, self.head.params)
        code = window.new_empty(tickets, len(self.head.sizes) * self.options.code)
        for number in prototype.unique().tolist():
            rows = torch.nonzero(prototype == number)[:, 0]
            own = groups[min(number, len(groups) - 1)]
            some = {name: values[rows] for name, values in windows.items()}
            made = in_chunks(partial(self._edited, own), some, _TOGETHER, by_kernels=True)
            edit[rows], code[rows] = made["edit"], made["code"]
        return edit, code

    @torch.no_grad()
    def _edited(self, adapter: Adapter, rows: Payload) -> Updates:
        codes, edit = adapter(rows["window"], rows["count"])
        there = (rows["count"] > 0)[:, None]
        return {"code": codes.flatten(1), "edit": bounded(edit, self.tau) * there}

    def _sizes(self, groups: list[Adapter], windows: Payload) -> torch.Tensor:
        """Return how large an edit each window needs on each prototype: norms [tickets, prototypes]."""

        def sizes(rows: Payload) -> Updates:
            edits = [self._edited(adapter, rows)["edit"] for adapter in groups]
            return {"size": torch.stack([edit.square().sum(1).sqrt() for edit in edits], 1)}

        return in_chunks(sizes, windows, by_kernels=True)["size"]

    def _adapters_of(self, cloud: CloudState, prefix: str) -> list[Adapter]:
        """Return adapters with the weights that ``cloud`` keeps below ``prefix``; made once: they never change."""
        weights = {name.removeprefix(prefix): cloud[name] for name in cloud if name.startswith(prefix)}
        served = self._served.get(prefix, {})
        if prefix not in self._adapters or any(served.get(name) is not one for name, one in weights.items()):
            stacks = {name: one if prefix == "frozen.group." else one[None] for name, one in weights.items()}
            self._served[prefix] = weights
            self._adapters[prefix] = [self._filled(stacks, number, cloud) for number in range(_entries(stacks))]
        return self._adapters[prefix]

    def _filled(self, stacks: Mapping[str, torch.Tensor], number: int, cloud: CloudState) -> Adapter:
        # A copy of the modules alone: tensors are replaced at once.
        adapter = deepcopy(self.adapter, {id(one): one for one in self.adapter.parameters()})
        adapter.load_state_dict(
            {name: values[number].to(cloud["base"].device) for name, values in stacks.items()}, assign=True
        )
        return adapter.requires_grad_(False)

    def _fresh_adapter(self) -> Adapter:
        options = self.options
        return Adapter(self.head, options.code, options.width, options.transfer, options.pooling, options.rank)

    def _first(self, history: History, base: Base, seed: int) -> CloudState:
        """Train the first adapter, on the base head; return its weights."""
        options, rng = self.options, generator(seed, Purpose.METHOD, 0)
        adapter, head = self._fresh_adapter(), base.head.pack(base.layers)
        initialise(adapter, rng)
        adapter.first_weights(rng)
        if self._generates:
            adapter.generator.move(head[0])
            head = torch.zeros_like(head)
        past = windows_of(history.for_adapters, base)
        judged, looks = windows_of(history.validation, base), judged_windows(base.head.params)
        exam = judged.draw(looks, options.window, generator(seed, Purpose.METHOD, 1))

        def lesson() -> Lesson:
            return Lesson(past.draw(DEVICES, options.window, rng, options.stale), head)

        course = Course(options.steps, options.rate, options.noise, self.tau)
        teach(adapter, base, lesson, Lesson(exam, head), course, rng)
        return {name: value.clone() for name, value in adapter.state_dict().items()}

    def _groups(self, history: History, base: Base, seed: int) -> CloudState:
        return Groups(self.adapter, history, base, self.options, seed).made()

    def _generator(self, base: Base) -> CloudState:
        """Return one prototype that is nothing, and the first adapter, which makes whole heads."""
        none, codes = torch.zeros(1, base.head.params), torch.zeros(1, len(base.head.sizes) * self.options.code)
        whole = stacked_weights([self.adapter])
        return {"centres": codes, "frozen.born": none, "frozen.distances": torch.zeros(QUANTILES), **whole}


def _entries(stacks: Mapping[str, torch.Tensor]) -> int:
    return len(next(iter(stacks.values()))) if stacks else 0


@torch.no_grad()
def _asked(adapter: Adapter, rows: Payload) -> Updates:
    """Return the codes of windows [tickets, layers * code], by which they find their prototypes."""
    return {"code": adapter.codes(rows["window"], rows["count"]).flatten(1)}
