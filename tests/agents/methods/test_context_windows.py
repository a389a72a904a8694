"""Windows of a past that is sorted by context: what they hold, and what is asked after them."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from agents.methods.past_windows import Contexts, windows_of
from agents.models.base import Base, Net
from agents.models.head import HeadShape
from agents.models.training import generator
from agents.seeding import Purpose
from agents.streams.base import Past

#: Rows of each context; of a single row both must be made.
SIZES = (1, 2, 3, 19, 60)
WINDOW = 16


@pytest.fixture
def contexts() -> Contexts:
    """Contexts of some sizes; a row's features are its context and its number in it."""
    x = torch.tensor([(float(which), float(row)) for which, size in enumerate(SIZES) for row in range(size)])
    head = HeadShape((2, 2))
    base = Base(Net("plain", (2,), head, nn.Flatten, None, {}), nn.Flatten(), head.unpack(torch.zeros(1, head.params)))
    made = windows_of(Past(x, torch.zeros(len(x), dtype=torch.int64), x[:, 0].long()), base)
    assert isinstance(made, Contexts)
    return made


@pytest.mark.parametrize("stale", [None, 0.0, 1.0])
def test_no_query_is_a_row_of_its_window(contexts: Contexts, stale: float | None) -> None:
    drawn = contexts.draw(3000, WINDOW, generator(2, Purpose.METHOD), stale)
    for window, count, query in zip(drawn.window, drawn.real.tolist(), drawn.query, strict=True):
        assert (query[:, 0] == query[0, 0]).all()
        if SIZES[int(query[0, 0])] > 1:
            seen, asked = ({tuple(row) for row in rows.tolist()} for rows in (window[:count], query))
            assert not seen & asked


def test_every_row_is_seen_and_asked_and_every_context_as_often_as_any_other(contexts: Contexts) -> None:
    drawn = contexts.draw(10_000, WINDOW, generator(2, Purpose.METHOD))
    for rows in (drawn.window, drawn.query):
        assert len({tuple(row) for row in rows.flatten(0, 1).tolist()}) == sum(SIZES)
    share = torch.bincount(drawn.query[:, 0, 0].long()) / 10_000
    assert torch.allclose(share, torch.full_like(share, 1 / len(SIZES)), atol=0.02)


@pytest.mark.parametrize("same", [0.0, 1.0])
def test_what_is_asked_after_two_windows_is_in_neither(contexts: Contexts, same: float) -> None:
    earlier, later = contexts.pairs(500, WINDOW, generator(3, Purpose.METHOD), same)
    assert torch.equal(earlier.asked, later.asked)
    context = contexts.at(later).query[:, 0, 0]
    assert torch.equal(contexts.at(earlier).window[:, 0, 0] == context, torch.full((500,), bool(same)))
    for places in (earlier, later):
        inside = (places.seen[:, :, None] == places.asked[:, None, :]).flatten(1).any(1)
        assert not (inside & (context > 0)).any()
