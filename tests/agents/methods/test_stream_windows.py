from __future__ import annotations

import pytest
import torch
from torch import nn

from agents.methods.past_windows import Streams, windows_of
from agents.models.base import Base, Net
from agents.models.head import HeadShape
from agents.models.training import generator
from agents.seeding import Purpose
from agents.streams.base import Past

LENGTHS = (1, 2, 9, 30)


@pytest.fixture
def past() -> Past:
    """Streams of some lengths, mixed; a row's features are its stream and its place in it."""
    rows = [(float(stream), float(place)) for stream, length in enumerate(LENGTHS) for place in range(length)]
    x = torch.tensor(rows)[torch.randperm(len(rows), generator=generator(1, Purpose.METHOD))]
    return Past(x, x[:, 1].long() % 2, x[:, 0].long(), x[:, 1].long())


@pytest.fixture
def base() -> Base:
    head = HeadShape((2, 2))
    return Base(Net("plain", (2,), head, nn.Flatten, None, {}), nn.Flatten(), head.unpack(torch.zeros(1, head.params)))


@pytest.mark.parametrize("stale", [None, 0.0, 1.0])
def test_windows_come_before_their_queries_from_the_same_stream(past: Past, base: Base, stale: float | None) -> None:
    drawn = windows_of(past, base).draw(2000, 6, generator(2, Purpose.METHOD), stale)
    assert isinstance(windows_of(past, base), Streams)
    for window, count, query in zip(drawn.window, drawn.real.tolist(), drawn.query, strict=True):
        seen, stream = window[:count], query[0, 0]
        assert (query[:, 0] == stream).all()
        assert (seen[:, 0] == stream).all()
        assert (seen[:, 1].diff() == 1.0).all(), "a window is a run of neighbours"
        assert seen[-1, 1] < query[:, 1].min()
        assert not window[count:].any()
        assert count == min(6, int(seen[-1, 1]) + 1)


def test_fresh_windows_end_right_before_the_earliest_query_and_stale_ones_need_not(past: Past, base: Base) -> None:
    streams = windows_of(past, base)

    def gaps(stale: float | None) -> torch.Tensor:
        drawn = streams.draw(4000, 4, generator(3, Purpose.METHOD), stale)
        last = drawn.window[torch.arange(4000), drawn.real - 1, 1]
        return drawn.query[:, :, 1].min(1).values - last

    assert gaps(None).median() <= 2.0
    assert gaps(1.0).median() > gaps(None).median()


def test_every_place_but_the_first_of_a_stream_is_asked_about(past: Past, base: Base) -> None:
    query = windows_of(past, base).draw(4000, 4, generator(4, Purpose.METHOD)).query.reshape(-1, 2)
    asked = {(int(stream), int(place)) for stream, place in query.tolist()}
    assert asked == {(stream, place) for stream, length in enumerate(LENGTHS) for place in range(1, length)}


def test_labels_go_with_their_queries(past: Past, base: Base) -> None:
    drawn = windows_of(past, base).draw(500, 4, generator(5, Purpose.METHOD))
    assert (drawn.label == drawn.query[:, :, 1].long() % 2).all()


def test_streams_of_one_sample_each_teach_nothing(base: Base) -> None:
    lonely = torch.zeros(3, dtype=torch.int64)
    with pytest.raises(ValueError, match="none has two samples"):
        windows_of(Past(torch.zeros(3, 2), lonely, torch.arange(3), lonely), base)
