"""From a window of unlabelled samples to an edit of a device's head: encoder, transfer, generator.

Persona (ACM MM 2025, arXiv 2509.06552), with corrections to its published code: all maps are registered and
trained, no layer is shared by accident, codes are contiguous, the trunk below is frozen.
"""

from __future__ import annotations

import torch
from torch import nn

from agents.kernels import affine, product, sqrt, tanh
from agents.models.head import Dense, Gru, HeadShape, Tanh

#: Standard deviation of the generator's first weights: small, so that training starts at no edit at all.
_FIRST_STD = 0.02


class WindowEncoder(nn.Module):
    """Windows [tickets, window, features] and how many samples are real -> one vector [tickets, code].

    Each sample is encoded alone; ``mean_std`` pools by mean and spread (order does not count), ``gru``
    reads the window from the oldest to the newest sample.
    """

    def __init__(self, features: int, width: int, code: int, pooling: str) -> None:
        super().__init__()
        self.sample = nn.Sequential(Dense(features, width), nn.ReLU(), Dense(width, width), nn.ReLU())
        self.reader = Gru(width, width) if pooling == "gru" else None
        self.project = nn.Sequential(Dense(width * (2 - (pooling == "gru")), code), Tanh())
        self.out = Dense(code, code)

    def forward(self, window: torch.Tensor, count: torch.Tensor) -> torch.Tensor:
        pooled = self._pooled(self.sample(window), count)
        code: torch.Tensor = self.out(self.project(pooled))
        return code

    def _pooled(self, encoded: torch.Tensor, count: torch.Tensor) -> torch.Tensor:
        if self.reader is not None:
            states: torch.Tensor = self.reader(encoded)[0]
            last = (count - 1).clamp_min(0).view(-1, 1, 1).expand(-1, 1, states.shape[2])
            return states.gather(1, last)[:, 0]
        real = (torch.arange(encoded.shape[1], device=count.device) < count[:, None]).float().unsqueeze(1)
        number = count.clamp_min(1).float().unsqueeze(1)
        mean = product(real, encoded)[:, 0] / number
        away = encoded - mean.unsqueeze(1)
        spread = product(real, away * away)[:, 0] / number
        return torch.cat([mean, sqrt(spread + 1e-6)], 1)


class LinearTransfer(nn.Module):
    """One linear map a head layer: layers learn nothing from each other (the ablation "grad")."""

    def __init__(self, layers: int, code: int) -> None:
        super().__init__()
        self.maps = nn.ModuleList(Dense(code, code) for _ in range(layers))

    def forward(self, code: torch.Tensor) -> torch.Tensor:
        return torch.stack([one(code) for one in self.maps], 1)


class GruTransfer(nn.Module):
    """Cross-layer transfer: a stacked GRU, one level a head layer, reads the code once a level.

    The code of head layer l is the last state of level l, and so a function of the levels below.
    """

    def __init__(self, layers: int, code: int) -> None:
        super().__init__()
        self.layers = layers
        self.stack = Gru(code, code, layers)
        self.post = nn.Sequential(Dense(code, code), Tanh(), Dense(code, code), Tanh())

    def forward(self, code: torch.Tensor) -> torch.Tensor:
        last = self.stack(code.unsqueeze(1).expand(-1, self.layers, -1))[1]
        codes: torch.Tensor = self.post(last.transpose(0, 1))
        return codes


TRANSFERS: dict[str, type[LinearTransfer] | type[GruTransfer]] = {
    "linear": LinearTransfer,
    "gru": GruTransfer,
}


class EditGenerator(nn.Module):
    """Codes [tickets, layers, code] -> packed edits [tickets, params], not bounded yet.

    One affine map a head layer gives its weights and biases: vec(dW) = z A + a, db = z B + beta.
    """

    def __init__(self, head: HeadShape, code: int) -> None:
        super().__init__()
        sizes = [inputs * outputs + outputs for inputs, outputs in head.sizes]
        self.maps = nn.ParameterList(nn.Parameter(torch.zeros(code, size)) for size in sizes)
        self.offsets = nn.ParameterList(nn.Parameter(torch.zeros(size)) for size in sizes)

    def forward(self, codes: torch.Tensor) -> torch.Tensor:
        edits = [self._edit(codes[:, layer], layer) for layer in range(len(self.maps))]
        return torch.cat(edits, 1)

    def first_weights(self, rng: torch.Generator) -> None:
        """Draw small maps; offsets are zero."""
        for one in self.maps:
            nn.init.normal_(one, std=_FIRST_STD, generator=rng)
        for one in self.offsets:
            nn.init.zeros_(one)

    @torch.no_grad()
    def move(self, by: torch.Tensor) -> None:
        """Add ``by``, packed [params], to all edits that it will ever make."""
        for offset, part in zip(self.offsets, by.split([len(one) for one in self.offsets]), strict=True):
            offset += part

    def _edit(self, code: torch.Tensor, layer: int) -> torch.Tensor:
        return affine(code.unsqueeze(0), self.maps[layer].unsqueeze(0), self.offsets[layer].view(1, 1, -1))[0]


class LowRankGenerator(EditGenerator):
    """The same with ``vec(dW) = vec(U C(z) V) + a``: a small core C is made of the code, U and V are shared.

    What full maps of a head of 0.75 million weights take, 24 million weights for codes of 32, it does with 70 thousand.
    A layer has no more ranks than inputs or outputs.
    """

    def __init__(self, head: HeadShape, code: int, rank: int) -> None:
        nn.Module.__init__(self)
        self._sizes = [(inputs, outputs, min(rank, inputs, outputs)) for inputs, outputs in head.sizes]
        cores = [own * own + outputs for _, outputs, own in self._sizes]
        self.maps = nn.ParameterList(nn.Parameter(torch.zeros(code, size)) for size in cores)
        self.left = nn.ParameterList(nn.Parameter(torch.zeros(inputs, own)) for inputs, _, own in self._sizes)
        self.right = nn.ParameterList(nn.Parameter(torch.zeros(own, outputs)) for _, outputs, own in self._sizes)
        self.offsets = nn.ParameterList(
            nn.Parameter(torch.zeros(inputs * outputs + outputs)) for inputs, outputs, _ in self._sizes
        )

    def first_weights(self, rng: torch.Generator) -> None:
        super().first_weights(rng)
        # A core is as small as the code makes it; what stands around it keeps lengths.
        for one in [*self.left, *self.right]:
            nn.init.normal_(one, std=one.shape[0] ** -0.5, generator=rng)

    def _edit(self, code: torch.Tensor, layer: int) -> torch.Tensor:
        own = self._sizes[layer][2]
        core, bias = product(code.unsqueeze(0), self.maps[layer].unsqueeze(0))[0].split(
            [own * own, self._sizes[layer][1]], 1
        )
        inner = product(self.left[layer].unsqueeze(0).expand(len(code), -1, -1), core.unflatten(1, (own, own)))
        weights = product(inner, self.right[layer].unsqueeze(0).expand(len(code), -1, -1)).flatten(1)
        return torch.cat([weights, bias], 1) + self.offsets[layer]


def generator_of(head: HeadShape, code: int, rank: int) -> EditGenerator:
    """Return what makes edits of codes: of full rank where ``rank`` is 0."""
    return LowRankGenerator(head, code, rank) if rank else EditGenerator(head, code)


class Adapter(nn.Module):
    """The whole way: windows, counts -> codes [tickets, layers, code], unbounded edits [tickets, params]."""

    def __init__(self, head: HeadShape, code: int, width: int, transfer: str, pooling: str, rank: int = 0) -> None:
        super().__init__()
        self.encoder = WindowEncoder(head.context, width, code, pooling)
        self.transfer = TRANSFERS[transfer](len(head.sizes), code)
        self.generator = generator_of(head, code, rank)

    def forward(self, window: torch.Tensor, count: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        codes = self.codes(window, count)
        return codes, self.generator(codes)

    def codes(self, window: torch.Tensor, count: torch.Tensor) -> torch.Tensor:
        """Return the codes [tickets, layers, code] of windows, and no edits."""
        codes: torch.Tensor = self.transfer(self.encoder(window, count))
        return codes

    def first_weights(self, rng: torch.Generator) -> None:
        """Draw the generator's maps, N(0, 0.02^2); offsets stay zero: an untrained adapter edits little."""
        self.generator.first_weights(rng)


def bounded(edit: torch.Tensor, tau: float | None) -> torch.Tensor:
    """Bound every element of an edit by ``tau``, smoothly, so that training has gradients at the bound; None: not.

    It is the same while the adapter learns and while it serves.
    """
    return edit if tau is None else tau * tanh(edit / tau)
