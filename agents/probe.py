"""Does this machine keep the law of one digest? Rows are computed in several batches and places, and compared."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import nn

from agents.kernels import log_loss
from agents.kernels.versions import kernels
from agents.models.fitting import fit_heads
from agents.models.head import Dense, Gru, HeadShape, Tanh

_SHAPES = [HeadShape(dims) for dims in ((1, 2), (2, 2), (5, 7, 3), (32, 32, 10), (64, 128, 64, 1))]
_DEVICES, _SAMPLES = 23, 37
#: (devices, samples) that are computed together.
_PARTS = [
    (slice(0, 1), slice(0, 37)),
    (slice(22, 23), slice(36, 37)),
    (slice(3, 20), slice(5, 6)),
    (slice(7, 9), slice(2, 35)),
]


def report() -> tuple[bool, str]:
    """Return whether rows have the same bits in every batch and place, and one line about it."""
    torch.set_num_threads(1)
    wrong = [name for name, same in _findings() if not same]
    found = kernels()
    how = f"numba {found['numba'].split()[0]} for {found['compiled_for']}, torch with {found['torch_instructions']}"
    if wrong:
        return False, f"bits of a sample depend on its batch here ({', '.join(wrong)}): runs have no one digest ({how})"
    return True, f"bits of a sample depend on no batch and no place: one digest, however it is run ({how})"


def _findings() -> Iterator[tuple[str, bool]]:
    """Yield what was computed, and whether all ways gave the same bits."""
    draws = torch.Generator().manual_seed(1)
    for shape in _SHAPES:
        yield f"head {'-'.join(map(str, shape.dims))}", _same_logits(shape, draws)
    yield "fitted heads", _same_fits(_SHAPES[2], draws)
    yield "dense layers", _same_rows(nn.Sequential(Dense(9, 33), Tanh(), Dense(33, 5)), draws, 9)
    yield "recurrent layers", _same_rows(_Last(Gru(6, 10)), draws, 4, 6)
    yield "convolutions", _same_rows(nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU()), draws, 1, 8, 8, alone=True)


def _same_logits(shape: HeadShape, draws: torch.Generator) -> bool:
    layers = shape.unpack(torch.randn(_DEVICES, shape.params, generator=draws))
    x = torch.randn(_DEVICES, _SAMPLES, shape.dims[0], generator=draws)
    together = shape.forward(layers, x)
    loss_nats = _losses(together)
    same = True
    for devices, samples in _PARTS:
        own = {name: value[devices] for name, value in layers.items()}
        part = shape.forward(own, x[devices, samples])
        same &= torch.equal(part, together[devices, samples])
        same &= torch.equal(_losses(part), loss_nats[devices, samples])
    return same


def _losses(logits: torch.Tensor) -> torch.Tensor:
    rows = logits.flatten(0, 1)
    return log_loss(rows, torch.zeros(len(rows), dtype=torch.int64))[1].view(logits.shape[:2])


def _same_fits(shape: HeadShape, draws: torch.Generator) -> bool:
    start, x = torch.randn(9, shape.params, generator=draws), torch.randn(9, 12, shape.dims[0], generator=draws)
    label = torch.randint(shape.dims[-1], (9, 12), generator=draws)
    together = fit_heads(shape, start, x, label, steps=3, rate=0.01)
    parts = (slice(0, 1), slice(8, 9), slice(2, 7))
    return all(torch.equal(fit_heads(shape, start[i], x[i], label[i], 3, 0.01), together[i]) for i in parts)


@torch.no_grad()
def _same_rows(net: nn.Module, draws: torch.Generator, *shape: int, alone: bool = False) -> bool:
    """Compare rows in several batches; or only rows that are ``alone``, but elsewhere in memory."""
    x = torch.randn(_SAMPLES, *shape, generator=draws)
    if alone:
        first, again = (torch.cat([net(row.clone()) for row in x.split(1)]) for _ in range(2))
        return torch.equal(first, again)
    together = net(x)
    return all(torch.equal(net(x[part]), together[part]) for _, part in _PARTS)


class _Last(nn.Module):
    """The last state of recurrent layers."""

    def __init__(self, gru: Gru) -> None:
        super().__init__()
        self._gru = gru

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self._gru(x)[1][-1]
