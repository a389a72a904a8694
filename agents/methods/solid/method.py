"""SOLID: semantic codebook learning for parameter generation.

"Semantic Codebook Learning for Dynamic Recommendation Models" (Lv et al., ACM MM 2024, arXiv 2408.00123). Sequences of
exact samples are sparse and noisy, so that the trunk of generated parameters follows a sequence of a few semantic
codes; the exact sequence, itself read through a codebook, adds a bounded branch. Codes are clusters of embeddings of
the past. Unlike the published code, gradients pass the codebook straight through, it moves with what it stands for, and
the trunk below is frozen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import nn

from agents.codecs.message import Field
from agents.contract import Costs
from agents.methods.base import CloudState, Context, DeviceState, Payload, Recent, Updates, Who, in_chunks
from agents.methods.generated import GeneratedHeads
from agents.methods.past_windows import Contexts, Streams, Windows, raw_windows_of, windows_of
from agents.methods.persona.prototypes import cluster
from agents.methods.solid.network import SemanticNetwork
from agents.methods.solid.options import SolidOptions
from agents.methods.solid.sources import Source, source_of
from agents.methods.solid.uplink import SemanticUplink
from agents.models.base import Base
from agents.models.costs import multiply_adds
from agents.models.training import one_thread
from agents.streams.base import Past

#: Windows of the past, and vectors of them, that are clustered into codes.
_WINDOWS, _VECTORS = 512, 8192


class Solid(GeneratedHeads):
    """See :class:`SolidOptions`."""

    name, served_only = "solid", ()
    options: SolidOptions

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.window = self.source.window
        self.payload_fields = (self.uplink.field,)
        if not self.semantic.codes_alone:
            self.payload_fields += (Field("count", (), "uint8"),)

    def uplink_of(self, context: Context) -> SemanticUplink:
        self.source: Source = source_of(context.net, self.options.window, self.options.patch)
        return SemanticUplink(self.source, self.options)

    @property
    def semantic(self) -> SemanticUplink:
        """The uplink, for what it is."""
        assert isinstance(self.uplink, SemanticUplink)
        return self.uplink

    def fresh_network(self) -> nn.Module:
        return SemanticNetwork(self.head, self.source, self.options)

    def first_weights(self, network: SemanticNetwork, base: Base, rng: torch.Generator) -> None:
        network.begin(base.head.pack(base.layers)[0], rng)

    def windows_of(self, past: Past, base: Base) -> SemanticPast:
        self.source.kept(base)
        return SemanticPast(self.source, windows_of(past, base), raw_windows_of(past))

    def acquaint(self, network: SemanticNetwork, past: Any, rng: torch.Generator) -> None:
        windows = past.draw(_WINDOWS, self.options.window, rng)
        real = torch.arange(self.source.steps) < windows.real[:, None]
        vectors = windows.window[real].flatten(0, 1)
        some = torch.randperm(len(vectors), generator=rng)[:_VECTORS]
        network.know(_centres(vectors[some], self.options.codes))

    @property
    def costs(self) -> Costs:
        own, source = super(GeneratedHeads, self).costs, self.source
        with torch.device("meta"):
            network = self.fresh_network().eval()
            window = torch.zeros(1, source.steps, source.parts, source.size)
            each = multiply_adds(lambda: network(window, torch.ones(1, dtype=torch.int64)))
        looked_up = source.parts * source.size * self.options.codes if self.semantic.codes_alone else 0
        return replace(own, inference=own.inference + looked_up, each=each)

    def start(self, cloud: CloudState, devices: int) -> DeviceState:
        self.semantic.fill(cloud)
        return super().start(cloud, devices)

    def collect(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, Payload]:
        if self.semantic.codes_alone:
            return state, {self.uplink.field.name: self.uplink.sent(recent)}
        shown, count = self.source.shown(recent)
        return state, {self.uplink.field.name: shown, "count": count.to(torch.uint8)}

    def adapt(self, cloud: CloudState, payloads: Payload, who: Who) -> tuple[CloudState, Updates]:
        network = self._network.of(cloud)
        with one_thread():
            window = self.uplink.read(cloud, payloads)
            windows = {"window": window, "count": self._count(payloads)}
            return cloud, in_chunks(lambda rows: self._made(network, cloud, rows), windows)

    def _count(self, payloads: Payload) -> torch.Tensor:
        if self.semantic.codes_alone:
            return (payloads["codes"] > 0)[:, :, 0].sum(1)
        return payloads["count"].long()


@dataclass(frozen=True)
class SemanticPast:
    """Windows of the past as vectors that get codes, and what follows them."""

    source: Source
    own: Contexts | Streams
    raw: Contexts | Streams

    def draw(self, devices: int, window: int, rng: torch.Generator, stale: float | None = None) -> Windows:
        """Draw windows as others do: [devices, steps, parts, size]."""
        places = self.own.places(devices, window, rng, stale)
        drawn = self.own.at(places)
        shown, count = self.source.past(self.own, self.raw, places)
        with torch.no_grad():
            vectors = self.source.vectors(shown)
        real = torch.arange(vectors.shape[1]) < count[:, None]
        return drawn._replace(window=vectors * real[:, :, None, None], real=count)


def _centres(vectors: torch.Tensor, codes: int) -> torch.Tensor:
    """Return the centres [codes, size] of clusters; where fewer vectors differ, the last ones stand for nothing."""
    different = torch.unique(vectors, dim=0)
    found, _ = cluster(different, min(codes, len(different)), 0)
    far = found.new_full((codes - len(found), found.shape[1]), 1e6)
    return torch.cat([found, far])
