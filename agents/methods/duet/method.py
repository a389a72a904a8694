"""DUET: tuning-free device-cloud personalisation by heads that a hypernetwork generates.

"DUET" (Lv et al., WWW 2023, arXiv 2209.05227; its first version was called MetaNetwork), with corrections to its
published code: the generator is registered and trained, and begins with the head of the base. The trunk is the base's,
or, as published, one of its own that is trained together with the generator: see :mod:`agents.methods.duet.joint`.
"""

from __future__ import annotations

import torch
from torch import nn

from agents.methods.base import CloudState, Context, DeviceState, Inputs
from agents.methods.duet.generator import Duet as DuetNetwork
from agents.methods.duet.generator import MetaNetwork as LinearNetwork
from agents.methods.duet.joint import JointUplink, train_jointly
from agents.methods.duet.options import DuetOptions, MetaNetworkOptions
from agents.methods.generated import GeneratedHeads
from agents.methods.persona.uplink import Uplink
from agents.models.base import Base
from agents.streams.base import History


class MetaNetwork(GeneratedHeads):
    """See :class:`MetaNetworkOptions`."""

    name = "metanetwork"
    options: MetaNetworkOptions

    @property
    def joint(self) -> bool:
        """Whether devices run a trunk of their own."""
        return self.options.trunk == "joint"

    def uplink_of(self, context: Context) -> Uplink:
        return JointUplink(self.net, self.window) if self.joint else super().uplink_of(context)

    def fresh_network(self) -> nn.Module:
        options = self.options
        return LinearNetwork(self.head, options.code, options.width, options.pooling)

    def first_weights(self, network: LinearNetwork | DuetNetwork, base: Base, rng: torch.Generator) -> None:
        network.begin(base.head.pack(base.layers)[0], rng)

    def trained(self, history: History, base: Base, seed: int) -> CloudState:
        if not self.joint:
            return super().trained(history, base, seed)
        network, trunk = train_jointly(self, history, base, seed)
        assert isinstance(self.uplink, JointUplink)
        return self._network.kept(network) | self.uplink.trunk.kept(trunk)

    def prepare(self, history: History, base: Base, seed: int) -> CloudState:
        cloud = super().prepare(history, base, seed)
        if not self.joint:
            return cloud
        nothing = torch.zeros(1, self.window, self.head.context), torch.zeros(1, dtype=torch.int64)
        with torch.no_grad():
            return {**cloud, "base": self._network.of(cloud)(*nothing)[0]}

    def start(self, cloud: CloudState, devices: int) -> DeviceState:
        if isinstance(self.uplink, JointUplink):
            self.uplink.fill(cloud)
        return super().start(cloud, devices)

    def predict(self, state: DeviceState, inputs: Inputs) -> torch.Tensor:
        if isinstance(self.uplink, JointUplink):
            return self.head.forward(state, self.uplink.features(inputs.raw))
        return super().predict(state, inputs)


class Duet(MetaNetwork):
    """See :class:`DuetOptions`; ``generators: 1`` leaves the stable weight adapter out."""

    name = "duet"
    options: DuetOptions

    def fresh_network(self) -> nn.Module:
        one = self.options
        shape = one.code, one.width, one.pooling, one.hidden, one.generators, one.temperature
        return DuetNetwork(self.head, *shape)
