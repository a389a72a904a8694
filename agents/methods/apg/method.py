"""APG: adaptive parameter generation with low-rank layers.

"APG: Adaptive Parameter Generation Network for Click-Through Rate Prediction" (Yan et al., NeurIPS 2022, arXiv
2203.16218): a layer is U C V with a core C that is generated for each window. Here the factors U and V of the head stay
on devices, and only cores come down: the least that a generated layer can cost.
"""

from __future__ import annotations

import torch
from torch import nn

from agents.codecs.message import Field
from agents.methods.apg.cores import CoreNetwork, Factors, ranks_of
from agents.methods.apg.options import ApgOptions
from agents.methods.base import CloudState, Context, DeviceState, Updates
from agents.methods.generated import GeneratedHeads
from agents.methods.kept_module import KeptModule
from agents.models.base import Base


class Apg(GeneratedHeads):
    """See :class:`ApgOptions`."""

    name = "apg"
    options: ApgOptions

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._cores = sum(own * own for own in ranks_of(self.head, self.options.rank))
        self.update_fields = (Field("cores", (self._cores,)),)
        self._factors = KeptModule("network.factors", Factors(self.head, self.options.rank))

    def fresh_network(self) -> nn.Module:
        options = self.options
        return CoreNetwork(self.head, options.code, options.width, options.pooling, options.rank)

    def first_weights(self, network: CoreNetwork, base: Base, rng: torch.Generator) -> None:
        network.begin(base.head.pack(base.layers), rng)

    def start(self, cloud: CloudState, devices: int) -> DeviceState:
        self._factors.of(cloud)
        return super().start(cloud, devices)

    def nothing(self, cloud: CloudState) -> torch.Tensor:
        identity = [torch.eye(own).flatten() for own in ranks_of(self.head, self.options.rank)]
        return torch.cat(identity)[None].to(cloud["base"].device)

    @torch.no_grad()
    def install(self, state: DeviceState, updates: Updates) -> DeviceState:
        heads: torch.Tensor = self._factors.module(updates["cores"])
        return self.head.unpack(heads)
