"""Windows as codes on their way up: 0 where nothing is, else the code and one more."""

from __future__ import annotations

import torch

from agents.codecs.message import Field
from agents.methods.base import CloudState, Payload, Recent
from agents.methods.kept_module import KeptModule
from agents.methods.solid.codebook import Centres
from agents.methods.solid.options import SolidOptions
from agents.methods.solid.sources import Source
from agents.models.base import Base


class SemanticUplink:
    """Codes alone, which the device looks up, or all that they are made of."""

    def __init__(self, source: Source, options: SolidOptions) -> None:
        self.source, self.sees = source, source.sees
        self.codes_alone = options.uplink == "codes"
        self.centres = KeptModule("network.centres", Centres(options.codes, source.size))
        number = "uint8" if options.codes < 2**8 else "int16"
        self.field = Field("codes", (source.steps, source.parts), number) if self.codes_alone else source.whole

    def kept(self, base: Base) -> CloudState:
        return self.source.kept(base)

    def fill(self, cloud: CloudState) -> None:
        """Let devices have what codes are looked up in."""
        self.centres.of(cloud)
        self.source.fill(cloud)

    @torch.no_grad()
    def sent(self, recent: Recent) -> torch.Tensor:
        shown, count = self.source.shown(recent)
        if not self.codes_alone:
            return shown
        codes: torch.Tensor = self.centres.module(self.source.vectors(shown)) + 1
        real = torch.arange(self.source.steps, device=count.device) < count[:, None]
        return (codes * real[:, :, None]).to(getattr(torch, self.field.dtype))

    @torch.no_grad()
    def read(self, cloud: CloudState, payload: Payload) -> torch.Tensor:
        self.fill(cloud)
        sent = payload[self.field.name]
        if not self.codes_alone:
            return self.source.vectors(sent)
        centres = self.centres.module
        assert isinstance(centres, Centres)
        return centres.of((sent.long() - 1).clamp_min(0))
