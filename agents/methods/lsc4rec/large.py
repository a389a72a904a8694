"""The large recommender: a causal SASRec over long histories, trained to name the next item among all.

Self-attentive sequential recommendation (Kang and McAuley, ICDM 2018) with a softmax over all items instead of sampled
negatives. It stands for the language model of the paper: larger, slower, and blind to the newest clicks.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from agents.kernels import product
from agents.models.head import Dense, Embedding, Norm, attention


class Layer(nn.Module):
    """Causal self-attention and two dense layers, each normalised beforehand and added."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.mixing, self.mixed = Dense(width, 3 * width), Dense(width, width)
        self.inner, self.outer = Dense(width, 2 * width), Dense(2 * width, width)
        self.first_norm, self.second_norm = Norm(width), Norm(width)

    def forward(self, x: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
        """Return [rows, steps, width] of as much; ``seen`` bool [rows, steps, steps] says what each step looks at."""
        query, key, value = self.mixing(self.first_norm(x)).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        query, key, value = (one.flatten(0, 1).contiguous() for one in (query, key, value))
        found = attention(query, key, value, seen.repeat_interleave(self.heads, 0))
        found = found.unflatten(0, (-1, self.heads)).transpose(1, 2).flatten(2)
        x = x + self.mixed(found)
        return x + self.outer(torch.relu(self.inner(self.second_norm(x))))


class LargeRecommender(nn.Module):
    """Clicks int64 [rows, steps], oldest first, right padded with 0 -> scores of all items."""

    def __init__(self, items: int, history: int, width: int, layers: int, heads: int) -> None:
        super().__init__()
        self.embedding, self.position = Embedding(items + 1, width), Embedding(history, width)
        self.layers = nn.ModuleList(Layer(width, heads) for _ in range(layers))
        self.norm = Norm(width)

    def states(self, clicks: torch.Tensor) -> torch.Tensor:
        """Return what is known after each click: [rows, steps, width]."""
        steps = torch.arange(clicks.shape[1], device=clicks.device)
        x = self.embedding(clicks) + self.position(steps)
        seen = (steps[None, :, None] >= steps[None, None, :]) & ((clicks > 0)[:, None] | (steps == 0))
        for layer in self.layers:
            x = layer(x, seen)
        normed: torch.Tensor = self.norm(x)
        return normed

    def forward(self, clicks: torch.Tensor) -> torch.Tensor:
        """Return the scores [rows, items + 1] of what follows the last click; that of 0, which is no item, too."""
        last = ((clicks > 0).sum(1) - 1).clamp_min(0).view(-1, 1, 1)
        states = self.states(clicks)
        user = states.gather(1, last.expand(-1, 1, states.shape[2]))[:, 0]
        return product(user[None], self.embedding.weight.t().contiguous()[None])[0]

    def loss(self, clicks: torch.Tensor, follow: torch.Tensor) -> torch.Tensor:
        """Return the mean cross-entropy of the items that ``follow`` each click, int64 [rows, steps], 0 for none."""
        scores = self.states(clicks) @ self.embedding.weight.t()
        return functional.cross_entropy(scores.flatten(0, 1), follow.flatten(), ignore_index=0)


def best(scores: torch.Tensor, number: int) -> torch.Tensor:
    """Return the ids of the best items, best first, int64 [rows, number]; of equal ones the lower id is first."""
    whole = scores.clone()
    whole[:, 0] = -torch.inf
    return whole.sort(dim=1, descending=True, stable=True).indices[:, :number]
