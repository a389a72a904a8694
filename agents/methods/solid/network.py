"""From a sequence of vectors to a head: a trunk that codes alone decide, and a small branch of the exact sequence.

With c_t the code of step t among the clusters of the past, and q_t its code in a codebook that is learnt, the head is
``semantic(E[c]) + bound(item(decode(book[q])))``; the embedding E of codes is pulled to the vector that was chosen.
"""

from __future__ import annotations

import torch
from torch import nn

from agents.methods.duet.generator import begin
from agents.methods.persona.adapter import EditGenerator, LinearTransfer, WindowEncoder, bounded
from agents.methods.solid.codebook import Centres, MovingBook
from agents.methods.solid.options import SolidOptions
from agents.methods.solid.sources import Source
from agents.models.head import Dense, HeadShape

#: Weight of the distance between a code's embedding and the vector that the codebook chose; slope below zero.
_ALIGNED, _SLOPE = 0.1, 0.1


class SemanticNetwork(nn.Module):
    """Windows [tickets, steps, parts, size], counts -> heads [tickets, params], twice, and a loss of its own."""

    def __init__(self, head: HeadShape, source: Source, options: SolidOptions) -> None:
        super().__init__()
        codes, size, parts = options.codes, source.size, source.parts
        self.exact, self.branch = options.uplink == "whole", options.branch
        self.centres = Centres(codes, size)
        self.meaning = nn.Parameter(torch.zeros(codes, size))
        shape = parts * size, options.width, options.code, options.pooling
        self.trunk = _Way(head, *shape)
        self.item = _Way(head, *shape) if self.branch else None
        self.tower = Dense(size, size)
        self.book = None if options.book == "none" else MovingBook(codes, size, options.book == "moving")
        self.decoder = nn.Sequential(Dense(size, 2 * size), nn.LeakyReLU(_SLOPE), Dense(2 * size, size))

    def forward(self, window: torch.Tensor, count: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        codes = self.centres(window)
        meaning = self.meaning[codes]
        head = self.trunk(meaning.flatten(2), count)
        if self.item is None:
            return head, head, head.new_zeros(())
        exact = window if self.exact else self.centres.of(codes)
        decoded, apart = self._through_book(exact, meaning, count)
        whole = head + bounded(self.item(decoded.flatten(2), count), self.branch)
        return whole, whole, _ALIGNED * apart

    def _through_book(
        self, exact: torch.Tensor, meaning: torch.Tensor, count: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the exact sequence as the branch sees it, and how far the codes' embedding is from what was chosen."""
        lifted = self.tower(exact)
        if self.book is None:
            return lifted, lifted.new_zeros(())
        steps = torch.arange(exact.shape[1], device=count.device) < count[:, None]
        real = steps[:, :, None].expand(exact.shape[:3])
        chosen, _ = self.book(lifted, real)
        away = meaning - chosen.detach()
        apart = (away * away).mean(3)
        decoded: torch.Tensor = self.decoder(chosen)
        return decoded, (apart * real).sum() / real.sum().clamp_min(1)

    @torch.no_grad()
    def begin(self, head: torch.Tensor, rng: torch.Generator) -> None:
        """Begin with the packed ``head`` [params], which the branch leaves nearly alone."""
        begin(self.trunk.generator, head, rng)
        if self.item is not None:
            begin(self.item.generator, torch.zeros_like(head), rng)
        self.tower.weight.copy_(torch.eye(len(self.tower.weight)))
        self.tower.bias.zero_()

    @torch.no_grad()
    def know(self, centres: torch.Tensor) -> None:
        """Take the clusters of the past [codes, size] as codes, and their centres as what codes mean at first."""
        self.centres.table.copy_(centres)
        self.meaning.copy_(centres)
        if self.book is not None:
            self.book.sums.copy_(centres)


class _Way(nn.Module):
    """Sequences [tickets, steps, columns], counts -> heads, or what is added to them, [tickets, params]."""

    def __init__(self, head: HeadShape, columns: int, width: int, code: int, pooling: str) -> None:
        super().__init__()
        self.encoder = WindowEncoder(columns, width, code, pooling)
        self.codes = LinearTransfer(len(head.sizes), code)
        self.generator = EditGenerator(head, code)

    def forward(self, window: torch.Tensor, count: torch.Tensor) -> torch.Tensor:
        made: torch.Tensor = self.generator(self.codes(self.encoder(window, count)))
        return made
