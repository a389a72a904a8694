"""Two methods that learn more than a head on the device: the whole net from labels, normalisation without them."""

from __future__ import annotations

import torch

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
from agents.models.base import Base
from agents.models.batched import DenseNet
from agents.models.fitting import gradient
from agents.streams.base import History


class OnDevice(Deployed):
    """Learns when it is asked to hand over, and hands nothing over."""

    sees = "raw"
    writes_on_collect = True
    window = 16

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.whole = context.net.batched

    def prepare(self, history: History, base: Base, seed: int) -> CloudState:
        return self.whole.params(base.trunk, base.layers) | self.whole.buffers(base.trunk)

    def start(self, cloud: CloudState, devices: int) -> DeviceState:
        return {name: values.expand(devices, *values.shape[1:]) for name, values in cloud.items()}

    def predict(self, state: DeviceState, inputs: Inputs) -> torch.Tensor:
        return self.whole.forward(state, inputs.raw, state, training=False)[0]

    def collect(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, Payload]:
        return self.learn(state, recent)[0], {}

    def adapt(self, cloud: CloudState, payloads: Payload, who: Who) -> tuple[CloudState, Updates]:
        return cloud, {}

    def install(self, state: DeviceState, updates: Updates) -> DeviceState:
        return state


class FineTune(OnDevice):
    """Gradient descent on all weights of a dense net."""

    name = "fine_tune"
    needs_labels = True

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        assert isinstance(self.whole, DenseNet)
        self.net_of_all, self.head = self.whole, self.whole.whole

    def learn(self, state: DeviceState, recent: Recent, steps: int = 20) -> tuple[DeviceState, torch.Tensor]:
        net, known = self.net_of_all, recent.label >= 0
        share = (known / known.sum(1, keepdim=True).clamp_min(1)).unsqueeze(2)
        layers = {name: values.clone() for name, values in net.layers(state).items()}
        for _ in range(steps):
            slopes = gradient(net.whole, layers, recent.raw.flatten(2), recent.label.clamp_min(0), share)
            layers = {name: values - 0.3 * slopes[name] for name, values in layers.items()}
        return net.named(layers), torch.full_like(recent.count, steps)


class Tent(OnDevice):
    """One step towards surer predictions, by scales and shifts of normalisation alone (Wang et al., ICLR 2021)."""

    name = "tent"

    def learn(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, torch.Tensor]:
        norm = {name: state[name].clone().requires_grad_() for name in self.whole.trainable("norm")}
        buffers = {name: values for name, values in state.items() if "running" in name or "tracked" in name}
        with torch.enable_grad():
            logits, later = self.whole.forward({**state, **norm}, recent.raw, buffers, True, recent.count)
            log_share = torch.log_softmax(logits, 2)
            real = torch.arange(logits.shape[1], device=logits.device) < recent.count.unsqueeze(1)
            entropy = -(log_share.exp() * log_share).sum(2) * real
            mean = entropy.sum(1) / recent.count.clamp_min(1)
            slopes = torch.autograd.grad(mean.sum(), list(norm.values()))
        moved = {name: (norm[name] - 0.05 * slope).detach() for name, slope in zip(norm, slopes, strict=True)}
        return moved | later, (recent.count > 0).long()


def typed(method: Method) -> Method:
    """Return the method: a type checker sees here that both keep to the protocol."""
    return method
