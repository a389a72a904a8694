"""A module whose weights the cloud keeps below a prefix of its state: filled once, because they never change."""

from __future__ import annotations

import torch
from torch import nn

from agents.methods.base import CloudState


class KeptModule:
    """Fills ``module`` with weights of the cloud when they are first seen, or are other tensors than before."""

    def __init__(self, prefix: str, module: nn.Module) -> None:
        self.module = module.eval().requires_grad_(False)
        self._prefix, self._held = f"frozen.{prefix}.", torch.empty(0)

    def kept(self, module: nn.Module) -> CloudState:
        """Return the weights of a trained module as the cloud keeps them."""
        return {self._prefix + name: value.detach().clone() for name, value in module.state_dict().items()}

    def of(self, cloud: CloudState) -> nn.Module:
        """Return the module with the weights of ``cloud``."""
        weights = {name.removeprefix(self._prefix): cloud[name] for name in cloud if name.startswith(self._prefix)}
        first = next(iter(weights.values()))
        if self._held is not first:
            self.module.to(first.device).load_state_dict(weights)
            self._held = first
        return self.module
