"""What gets codes: features of samples, patches of images, or items that were clicked."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import nn

from agents.codecs.message import Field
from agents.methods.base import CloudState, Recent
from agents.methods.kept_module import KeptModule
from agents.methods.past_windows import Contexts, Places, Streams
from agents.models.base import Base, Net
from agents.models.head import Embedding
from agents.models.ranking import WIDTH, ScoringHead


class Source(Protocol):
    """Where vectors come from.

    Attributes:
        sees: what the method must be shown (see :class:`agents.methods.base.Method`).
        window: samples of it.
        steps, parts, size: vectors are [rows, steps, parts, size]; each part of a step has a code of its own.
        whole: the field that holds what vectors are made of.
    """

    sees: str
    window: int
    steps: int
    parts: int
    size: int
    whole: Field

    def kept(self, base: Base) -> CloudState:
        """Return what vectors are made with."""
        ...

    def fill(self, cloud: CloudState) -> None:
        """Take from the cloud what vectors are made with."""
        ...

    def shown(self, recent: Recent) -> tuple[torch.Tensor, torch.Tensor]:
        """Return what vectors are made of, as ``whole`` has it, and how many steps are real: int64 [rows]."""
        ...

    def vectors(self, shown: torch.Tensor) -> torch.Tensor:
        """Return vectors of what was shown or sent."""
        ...

    def past(self, own: Contexts | Streams, raw: Contexts | Streams, at: Places) -> tuple[torch.Tensor, torch.Tensor]:
        """Return :meth:`shown` of windows of the past, of which ``raw`` holds the flat raw input."""
        ...


class FeatureSource:
    """One vector a sample: what the trunk makes of it."""

    sees, parts = "features", 1

    def __init__(self, net: Net, window: int) -> None:
        self.window = self.steps = window
        self.size = net.head.context
        self.whole = Field("features", (window, self.size), bound=net.feature_bound)

    def kept(self, base: Base) -> CloudState:
        return {}

    def fill(self, cloud: CloudState) -> None:
        return None

    def shown(self, recent: Recent) -> tuple[torch.Tensor, torch.Tensor]:
        return recent.features[..., : self.size], recent.count

    def vectors(self, shown: torch.Tensor) -> torch.Tensor:
        return shown.unsqueeze(2)

    def past(self, own: Contexts | Streams, raw: Contexts | Streams, at: Places) -> tuple[torch.Tensor, torch.Tensor]:
        return own.features[at.seen, : self.size], at.real


class PatchSource:
    """Square patches of an image, row by row; a patch is all its pixels."""

    sees = "raw"

    def __init__(self, net: Net, window: int, patch: int) -> None:
        if len(net.input_shape) != 3:
            raise ValueError(f"'patch: {patch}': only images have patches; {net.name} is shown {list(net.input_shape)}")
        depth, height, width = net.input_shape
        if height % patch or width % patch:
            raise ValueError(f"'patch: {patch}' does not divide images of {height} x {width}")
        self.window = self.steps = window
        self._shape, self._patch = net.input_shape, patch
        self.parts, self.size = height // patch * (width // patch), depth * patch * patch
        self.whole = Field("raw", (window, *net.input_shape), "uint8")

    def kept(self, base: Base) -> CloudState:
        return {}

    def fill(self, cloud: CloudState) -> None:
        return None

    def shown(self, recent: Recent) -> tuple[torch.Tensor, torch.Tensor]:
        return _bytes(recent.raw), recent.count

    def vectors(self, shown: torch.Tensor) -> torch.Tensor:
        cut = (shown.float() / 255.0).unfold(3, self._patch, self._patch).unfold(4, self._patch, self._patch)
        return cut.permute(0, 1, 3, 4, 2, 5, 6).reshape(*shown.shape[:2], self.parts, self.size)

    def past(self, own: Contexts | Streams, raw: Contexts | Streams, at: Places) -> tuple[torch.Tensor, torch.Tensor]:
        return _bytes(raw.features[at.seen].unflatten(2, self._shape)), at.real


class ClickSource:
    """The items of the clicks before the newest decision; a vector is the embedding of one."""

    sees, window, parts, size = "raw", 1, 1, WIDTH

    def __init__(self, net: Net) -> None:
        items, self.steps = int(net.options["items"]), int(net.options["window"])
        self.whole = Field("ids", (self.steps,), "int16" if items < 2**15 else "int32")
        self._embedding = KeptModule("embedding", Embedding(items + 1, WIDTH))

    def kept(self, base: Base) -> CloudState:
        embedding = base.trunk.embedding
        assert isinstance(embedding, nn.Module)
        kept = self._embedding.kept(embedding)
        self.fill(kept)
        return kept

    def fill(self, cloud: CloudState) -> None:
        self._embedding.of(cloud)

    def shown(self, recent: Recent) -> tuple[torch.Tensor, torch.Tensor]:
        ids = recent.raw[:, 0, : self.steps] * (recent.count > 0)[:, None]
        return ids.to(getattr(torch, self.whole.dtype)), (ids > 0).sum(1)

    def vectors(self, shown: torch.Tensor) -> torch.Tensor:
        made: torch.Tensor = self._embedding.module(shown.long())
        return made.unsqueeze(2)

    def past(self, own: Contexts | Streams, raw: Contexts | Streams, at: Places) -> tuple[torch.Tensor, torch.Tensor]:
        newest = at.seen.gather(1, (at.real - 1).clamp_min(0)[:, None])[:, 0]
        ids = raw.features[newest, : self.steps].long()
        return ids, (ids > 0).sum(1)


def source_of(net: Net, window: int, patch: int) -> Source:
    """Return what gets codes with this net.

    Raises:
        ValueError: patches of what is no image, or that do not fit.
    """
    if isinstance(net.head, ScoringHead):
        if patch:
            raise ValueError(f"'patch: {patch}': only images have patches; {net.name} ranks items")
        return ClickSource(net)
    return PatchSource(net, window, patch) if patch else FeatureSource(net, window)


def _bytes(images: torch.Tensor) -> torch.Tensor:
    return (images * 255.0).round().clamp(0, 255).to(torch.uint8)
