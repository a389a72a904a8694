"""Persona: label-free edits of a device's head, made in the cloud from a window of what the device just saw.

"Persona" (ACM MM 2025, arXiv 2509.06552), with corrections to its published code: one frozen trunk for all,
registered generators, bounded additive edits, k-means prototypes with hysteresis and refinement without
back-propagation, edits relative to the prototype that the device has.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import asdict, replace

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
    stacked,
)
from agents.methods.editing import Adapter, clip
from agents.methods.persona_options import PersonaOptions
from agents.methods.persona_training import train_adapter, windows_of
from agents.methods.prototypes import Prototypes, Refinement, Served, at_rest, cluster
from agents.models.base import Base
from agents.models.costs import multiply_adds
from agents.models.training import generator, one_thread
from agents.seeding import Purpose
from agents.streams.base import History

#: Options that only matter once devices are served: what was trained without them is still good.
_SERVING = {"reply", "resident", "hysteresis", "refine", "refine_step", "publish_every"}
#: Windows of the past that prototypes are made from.
_CLUSTERED = 2048


class Persona(Deployed):
    """Options, of which these are ablations:

    * ``transfer``: ``linear`` (one map a layer) or ``gru`` (across layers);
    * ``pooling`` of a window: ``mean_std`` or ``gru``;
    * ``reply``: ``edit`` (prototype and edit) or ``prototype`` (its number only, which rides in the header);
    * ``resident``: devices keep the first prototypes for good, or each reply brings the newest one along;
    * ``refine``: rate of refinement, 0 for none; ``hysteresis``: 0 for none;
    * ``stale``: share of training windows that straddle a change of the world: less harm by old windows;
    * ``noise``: standard deviation added to the features of the samples that edits are trained to help.
    """

    name = "persona"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.options: PersonaOptions = context.options
        options, params = self.options, self.head.params
        self.window, self.tau = options.window, options.tau
        self.adapter = Adapter(self.head, options.code, options.width, options.transfer, options.pooling)
        self.rule = Refinement(
            options.refine,
            options.refine_step,
            self.tau,
            options.publish_every,
            options.hysteresis,
        )
        self.payload_fields = (
            Field("features", (self.window, self.head.context), bound=self.net.feature_bound),
            Field("prototype", (), "uint8"),
            Field("count", (), "uint8"),
            Field("version", (), "int16"),
        )
        edit = (Field("edit", (params,), bound=self.tau),) if options.reply == "edit" else ()
        start = () if options.resident else (Field("start", (params,)),)
        named = (Field("prototype", (), "uint8", header=True), Field("version", (), "int16", header=True))
        self.update_fields = (*edit, *start, *named)
        # Where a reply is only a number that stands for a head on the device, the number is all there is to keep.
        self._regenerates = options.resident and not edit
        self._resident, self._server = torch.empty(0), self.adapter
        self._served: CloudState = {}

    @property
    def costs(self) -> Costs:
        with torch.device("meta"):
            adapter = Adapter(
                self.head, *(getattr(self.options, name) for name in ("code", "width", "transfer", "pooling"))
            )
            window, count = torch.zeros(1, self.window, self.head.context), torch.ones(1, dtype=torch.int64)
        # The code of a window is compared with those of all prototypes.
        compared = self.options.prototypes * len(self.head.sizes) * self.options.code
        return replace(super().costs, each=multiply_adds(lambda: adapter(window, count)) + compared)

    def prepare(self, history: History, base: Base, seed: int) -> CloudState:
        key = {
            "what": self.name,
            "options": {name: value for name, value in asdict(self.options).items() if name not in _SERVING},
            "base": base.digest(),
            "seed": seed,
            "history": fingerprint(history.tensors()),
        }
        trained = cached(key, lambda: self._train(history, base, seed))
        return trained | at_rest(trained)

    def start(self, cloud: CloudState, devices: int) -> DeviceState:
        # Nothing is known of a fresh device: it runs the base head, which stands behind the prototypes here.
        self._resident = torch.cat([cloud["born"], cloud["base"]])
        zeros = cloud["base"].new_zeros(devices)
        named = {"prototype": zeros.to(torch.uint8), "version": zeros.to(torch.int16)}
        if self._regenerates:
            return {"runs": torch.full_like(zeros, len(cloud["born"]), dtype=torch.int16), **named}
        return {**self.head.unpack(cloud["base"].repeat(devices, 1)), **named}

    def predict(self, state: DeviceState, inputs: Inputs) -> torch.Tensor:
        if not self._regenerates:
            return super().predict(state, inputs)
        return self.head.forward(self.head.unpack(self._resident[state["runs"].long()]), inputs.features)

    def collect(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, Payload]:
        return state, {
            "features": recent.features[..., : self.head.context],
            "prototype": state["prototype"],
            "count": recent.count.to(torch.uint8),
            "version": state["version"],
        }

    def adapt(self, cloud: CloudState, payloads: Payload, who: Who) -> tuple[CloudState, Updates]:
        adapter = self._adapter_of(cloud)
        with one_thread():
            called_for = in_chunks(lambda rows: _called_for(adapter, rows, self.tau), payloads)
        serving, held = Prototypes(cloud, self.rule), payloads["prototype"].long()
        head = cloud["base"] + called_for["edit"]
        updates = stacked(
            [
                self._updates(cloud, serving, head[part], served)
                for part, served in serving.serve(called_for["codes"], head, held)
            ]
        )
        return {**cloud, **serving.cloud()}, {field.name: updates[field.name] for field in self.update_fields}

    def _updates(self, cloud: CloudState, serving: Prototypes, head: torch.Tensor, served: Served) -> Updates:
        resident = self.options.resident
        start = (cloud["born"] if resident else serving.published)[served.prototype]
        version = torch.zeros_like(served.version) if resident else served.version
        named = {"prototype": served.prototype.to(torch.uint8), "version": version.to(torch.int16)}
        return {"edit": (head - start).clamp_(-self.tau, self.tau), "start": start, **named}

    def install(self, state: DeviceState, updates: Updates) -> DeviceState:
        named = {name: updates[name] for name in ("prototype", "version")}
        prototype = updates["prototype"].long()
        if self._regenerates:
            return {"runs": prototype.to(torch.int16), **named}
        head = updates["start"] if "start" in updates else self._resident[prototype]
        return {**self.head.unpack(head + updates["edit"] if "edit" in updates else head), **named}

    def _adapter_of(self, cloud: CloudState) -> Adapter:
        """Return the adapter with the weights of ``cloud``; they never change, so it is made once."""
        weights = {name.removeprefix("adapter."): cloud[name] for name in cloud if name.startswith("adapter.")}
        if any(self._served.get(name) is not values for name, values in weights.items()):
            self._server, self._served = deepcopy(self.adapter).to(cloud["base"].device), weights
            self._server.load_state_dict(weights)
        return self._server

    def _train(self, history: History, base: Base, seed: int) -> CloudState:
        with one_thread():
            train_adapter(self.adapter, history, base, self.options, seed)
            seen = windows_of(history.for_adapters, base).draw(
                _CLUSTERED, self.window, generator(seed, Purpose.METHOD, 2)
            )
            weights = {f"adapter.{name}": value.clone() for name, value in self.adapter.state_dict().items()}
            called_for = _called_for(self.adapter, {"features": seen.window, "count": seen.real}, self.tau)
        head = base.head.pack(base.layers)
        prototypes = cluster(called_for["codes"], called_for["edit"], head[0], self.options.prototypes, seed % 2**32)
        return {**weights, "base": head, **prototypes}


@torch.no_grad()
def _called_for(adapter: Adapter, rows: Payload, tau: float) -> Updates:
    """Return codes [tickets, layers * code] and bounded edits of the base head [tickets, params]."""
    count = rows["count"].long()
    codes, edit = adapter(rows["features"], count)
    # An empty window says nothing: it calls for the base head.
    return {"codes": codes.flatten(1), "edit": clip(edit, tau) * (count > 0).unsqueeze(1)}
