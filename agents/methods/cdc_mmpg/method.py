"""CDC-MMPG: parameters for a device from one anchor sample, without back-propagation on either side.

"Backpropagation-Free Multi-modal On-Device Model Adaptation via Cloud-Device Collaboration" (Ji et al., ACM TOMM 21(2),
2025, arXiv 2406.01601). Only its abstract was at hand: the reasoner that makes a Gaussian of an anchor, the choice of
the anchor and what becomes of missing views are ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from agents.codecs.message import Field
from agents.methods.base import CloudState, Context, Payload, Recent
from agents.methods.cdc_mmpg.network import AnchorNetwork, anchor_of
from agents.methods.cdc_mmpg.options import CdcMmpgOptions
from agents.methods.generated import GeneratedHeads
from agents.methods.past_windows import Contexts, Streams, Windows, windows_of
from agents.methods.persona.uplink import FeatureUplink, Uplink
from agents.models.base import Base, Net
from agents.models.view_columns import ONE_VIEW, wrong_columns
from agents.streams.base import Past


class CdcMmpg(GeneratedHeads):
    """See :class:`CdcMmpgOptions`."""

    name, served_only = "cdc_mmpg", ()
    options: CdcMmpgOptions

    def uplink_of(self, context: Context) -> Uplink:
        self.views = views_of(context.net, self.options.views)
        if len(self.views) == 1 and self.options.missing != CdcMmpgOptions.missing:
            raise ValueError(f"'missing' {ONE_VIEW}")
        if self.options.uplink == "window":
            return FeatureUplink(self.net, self.window)
        return AnchorUplink(self.net, self.views, self.options.anchor)

    def fresh_network(self) -> nn.Module:
        return AnchorNetwork(self.head, self.views, self.options)

    def first_weights(self, network: AnchorNetwork, base: Base, rng: torch.Generator) -> None:
        network.begin(base.head.pack(base.layers)[0], rng)

    def windows_of(self, past: Past, base: Base) -> PastWithoutViews:
        return PastWithoutViews(windows_of(past, base), self.views, self.options.missing)


class AnchorUplink:
    """The features of one sample stand for those of all."""

    sees = "features"

    def __init__(self, net: Net, views: list[int], kind: str) -> None:
        self._views, self._kind, self._context = views, kind, net.head.context
        self.field = Field("anchor", (self._context,), bound=net.feature_bound)

    def kept(self, base: Base) -> CloudState:
        return {}

    def sent(self, recent: Recent) -> torch.Tensor:
        return anchor_of(recent.features[..., : self._context], recent.count, self._kind, self._views)

    def read(self, cloud: CloudState, payload: Payload) -> torch.Tensor:
        return payload["anchor"].unsqueeze(1)


@dataclass(frozen=True)
class PastWithoutViews:
    """Windows of the past, a share of which, with what follows them, lacks one of several views."""

    own: Contexts | Streams
    views: list[int]
    missing: float

    def draw(self, devices: int, window: int, rng: torch.Generator, stale: float | None = None) -> Windows:
        """Draw windows as others do."""
        drawn = self.own.draw(devices, window, rng, stale)
        if len(self.views) == 1 or not self.missing:
            return drawn
        kept = self._kept(devices, rng)
        return drawn._replace(window=drawn.window * kept, query=drawn.query * kept)

    def _kept(self, devices: int, rng: torch.Generator) -> torch.Tensor:
        """Return 0.0 for columns that windows lack, [devices, 1, F]."""
        lacks = torch.rand(devices, 1, generator=rng) < self.missing
        which = torch.randint(len(self.views), (devices, 1), generator=rng)
        gone = lacks & (torch.arange(len(self.views)) == which)
        return 1.0 - gone.float().repeat_interleave(torch.tensor(self.views), 1).unsqueeze(1)


def views_of(net: Net, views: list[int] | None) -> list[int]:
    """Return the columns of each view: as said, or else those that the net has.

    Raises:
        ValueError: they are not all the columns that there are.
    """
    found, columns = list(views or net.views or [net.head.context]), net.head.context
    if (why := wrong_columns(found, columns)) is not None:
        raise ValueError(f"views: {why}")
    return found
