"""What comes down: an edit, the codes that generate it, or a number; and the refined prototype where it is needed."""

from __future__ import annotations

from typing import NamedTuple

import torch

from agents.codecs.base import Codec, fresh
from agents.codecs.message import Field
from agents.codecs.sometimes import Sometimes
from agents.methods.base import CloudState, DeviceState, Payload, Updates
from agents.methods.persona.adapter import EditGenerator, bounded, generator_of
from agents.methods.persona.options import PersonaOptions
from agents.methods.persona.prototypes import NONE, Served
from agents.models.head import HeadShape


class Held(NamedTuple):
    """What devices say they have: prototypes and versions, int64 [tickets]; ``silent``: whose windows are empty."""

    prototype: torch.Tensor
    version: torch.Tensor
    silent: torch.Tensor

    @classmethod
    def of(cls, payloads: Payload) -> Held:
        """Read it in payloads; where versions are not sent, they do not matter."""
        prototype = payloads["prototype"].long()
        version = payloads["version"].long() if "version" in payloads else torch.zeros_like(prototype)
        return cls(prototype, version, payloads["count"] == 0)


class Replies:
    """Both ends of replies: fields, what the cloud writes, and what a device makes of it.

    A device keeps the first prototypes, and, where replies are codes, their generators. Its state is its head, the
    prototype that it holds and that one's version, and how far that prototype has moved where replies may say so.
    Where a reply is only a number that stands for a head on the device, the number is all there is to keep.
    """

    def __init__(self, options: PersonaOptions, head: HeadShape) -> None:
        self._options, self._head = options, head
        self._layers = len(head.sizes)
        # A whole head has no bound: neither on the wire nor where it is sent.
        self._reach = None if options.form == "generate" else options.tau
        self.numbers_only = options.reply == "number" and options.brings == "never"
        self._born = torch.empty(0)
        self._generators: list[EditGenerator] = []

    @property
    def fields(self) -> tuple[Field, ...]:
        """The message, with the flag first that says whether the prototype comes along."""
        options, params = self._options, self._head.params
        flag = (Field("brought", (), "uint8"),) if options.brings == "when_changed" else ()
        code = Field("code", (self._layers * options.code,), bound=1.0 if options.transfer == "gru" else None)
        body = {"edit": (Field("edit", (params,), bound=self._reach),), "code": (code,), "number": ()}[options.reply]
        moved = () if options.brings == "never" else (Field("moved", (params,), bound=options.tau),)
        named = (Field("prototype", (), "uint8", header=True), Field("version", (), "int16", header=True))
        plain = () if options.reply == "number" else (Field("plain", (), "uint8", header=True),)
        return (*flag, *body, *moved, *named, *plain)

    def coded(self, codec: Codec) -> Codec:
        """Return the codec of replies.

        Raises:
            ValueError: a codec that remembers messages, where parts of them are not always sent.
        """
        if self._options.brings != "when_changed":
            return codec
        if fresh(codec, self.fields, "sender", 1):
            text = "'brings: when_changed' leaves the prototype out of most replies, and this codec remembers them"
            raise ValueError(f"{text}; write 'brings: always', or another method.update_codec")
        return Sometimes(codec, "brought", "moved")

    def written(self, served: Served, plain: torch.Tensor, held: Held) -> Updates:
        """Return updates; ``plain`` are those without an edit. Who says nothing keeps its prototype."""
        mine = (served.prototype == held.prototype) & (served.version == held.version)
        known = (served.version == 0) | mine | held.silent
        version = torch.zeros_like(held.version) if self._options.brings == "never" else served.version
        parts = {
            "brought": (~known).to(torch.uint8),
            "edit": self._sent(served, plain) if self._options.reply == "edit" else served.edit,
            "code": served.code,
            "moved": served.moved if self._options.brings == "always" else served.moved * ~known[:, None],
            "prototype": torch.where(held.silent, held.prototype, served.prototype).to(torch.uint8),
            "version": torch.where(held.silent, held.version, version).to(torch.int16),
            "plain": plain.to(torch.uint8),
        }
        return {field.name: parts[field.name] for field in self.fields}

    def _sent(self, served: Served, plain: torch.Tensor) -> torch.Tensor:
        """Return edits as what is to be added to the prototype that the device has, which may have moved.

        The adapter was trained on the first head: what the prototype has already gone of the way must not be gone
        twice. Doing so cost 1.7 points on digits.
        """
        if self._reach is None:
            return served.edit * ~plain[:, None]
        moved = served.moved if self._options.brings != "never" else torch.zeros(())
        return (served.edit - moved).clamp(-self._reach, self._reach) * ~plain[:, None]

    def fresh(self, cloud: CloudState, devices: int) -> DeviceState:
        """Return fresh devices: they run the base head, and hold no prototype."""
        # The base stands behind the prototypes here.
        self._born = torch.cat([cloud["frozen.born"], cloud["base"]])
        if self._options.reply == "code":
            self._generators = _generators(cloud, self._head, self._options.code, self._options.rank)
        named = {
            "prototype": cloud["base"].new_full((devices,), NONE, dtype=torch.uint8),
            "version": cloud["base"].new_zeros(devices, dtype=torch.int16),
        }
        if self.numbers_only:
            return named
        moved = {} if self._options.brings == "never" else {"moved": torch.zeros_like(cloud["base"]).repeat(devices, 1)}
        return {**self._head.unpack(cloud["base"].repeat(devices, 1)), **named, **moved}

    def installed(self, state: DeviceState, updates: Updates) -> DeviceState:
        """Return the state of devices after updates."""
        named = {name: updates[name] for name in ("prototype", "version")}
        if self.numbers_only:
            return named
        moved = self._moved(state, updates)
        gone = moved.get("moved", torch.zeros(()))
        head = self.prototype(named["prototype"]) + gone + self._edit(updates, gone)
        return {**self._head.unpack(head), **named, **moved}

    def expired(self, state: DeviceState) -> DeviceState:
        """Return the state of devices that drop their edits: their prototypes are left, or else the base."""
        number = torch.full_like(state["prototype"], NONE) if self._reach is None else state["prototype"]
        head = self.prototype(number) + state.get("moved", torch.zeros(()))
        return {**state, **self._head.unpack(head)}

    def prototype(self, number: torch.Tensor) -> torch.Tensor:
        """Return the first heads of prototypes [devices, params]; of no prototype, the base."""
        return self._born[number.long().clamp_max(len(self._born) - 1)]

    def _moved(self, state: DeviceState, updates: Updates) -> DeviceState:
        if self._options.brings == "never":
            return {}
        if self._options.brings == "always":
            mine = (updates["prototype"] == state["prototype"]) & (updates["version"] == state["version"])
            return {"moved": torch.where(mine[:, None], state["moved"], updates["moved"])}
        brought, first = updates["brought"].bool()[:, None], (updates["version"] == 0)[:, None]
        held = torch.where(first, torch.zeros_like(updates["moved"]), state["moved"])
        return {"moved": torch.where(brought, updates["moved"], held)}

    def _edit(self, updates: Updates, gone: torch.Tensor) -> torch.Tensor:
        if self._options.reply == "number":
            return updates["moved"].new_zeros(1, 1)
        edit = updates["edit"] if self._options.reply == "edit" else self._generated(updates) - gone
        return edit * (updates["plain"] == 0)[:, None]

    @torch.no_grad()
    def _generated(self, updates: Updates) -> torch.Tensor:
        """Return the edits that codes call for, each by the generator of its prototype."""
        codes, number = updates["code"].unflatten(1, (self._layers, -1)), updates["prototype"].long()
        edit = codes.new_empty(len(codes), self._head.params)
        for own in number.unique().tolist():
            rows = torch.nonzero(number == own)[:, 0]
            generator = self._generators[min(own, len(self._generators) - 1)]
            edit[rows] = bounded(generator(codes[rows]), self._options.tau)
        return edit


def _generators(cloud: CloudState, head: HeadShape, code: int, rank: int) -> list[EditGenerator]:
    """Return the generators of all adapters that the cloud has."""
    weights = {
        name.removeprefix("frozen.group.generator."): values
        for name, values in cloud.items()
        if name.startswith("frozen.group.generator.")
    }
    made = []
    for number in range(len(next(iter(weights.values())))):
        generator = generator_of(head, code, rank).to(cloud["base"].device)
        generator.load_state_dict({name: values[number] for name, values in weights.items()})
        made.append(generator)
    return made
