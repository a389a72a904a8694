"""Compiled losses are those of the transport, number by number."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.seeding import Purpose
from sim.compiled.losses import draw_losses
from sim.network.loss import Bernoulli, GilbertElliott, LossProcess
from sim.network.transport import Framing, Messages, Repair, Transport, in_parts

CHANCES = st.sampled_from([0.0, 0.01, 0.3, 0.5, 0.9, 1.0])
PROCESSES = st.one_of(CHANCES.map(Bernoulli), st.builds(GilbertElliott, CHANCES, CHANCES, CHANCES, CHANCES))


@settings(max_examples=200)
@given(
    PROCESSES,
    st.sampled_from(Repair),
    st.sampled_from([1, 3, 40]),
    st.lists(st.integers(0, 40_000), min_size=1, max_size=30),
    st.integers(0, 2**60),
)
def test_messages_lose_the_same_packets(
    loss: LossProcess, repair: Repair, most: int, sizes: list[int], seed: int
) -> None:
    transport = Transport(Framing(1500, 40, 8), loss, repair, most)
    nbytes = np.array(sizes)
    device, exchange = np.arange(len(sizes)) % 7, np.arange(len(sizes)) * 1024
    sent = Messages(device, exchange, transport.framing.packets(nbytes), transport.framing.wire_bytes(nbytes))
    drawn = (draw(transport, seed, Purpose.UPLINK_LOSS, sent) for draw in (draw_losses, in_parts))
    for compiled, plain in zip(*drawn, strict=True):
        assert np.array_equal(compiled, plain)


@pytest.mark.parametrize("loss", [Bernoulli(0.02), GilbertElliott(0.01, 0.4)])
def test_long_messages_lose_the_share_that_they_should(loss: LossProcess) -> None:
    transport = Transport(Framing(), loss, Repair.NONE)
    nbytes = np.full(2_000, 150_000)
    took = transport.transmit(3, Purpose.UPLINK_LOSS, np.arange(2_000), np.zeros(2_000, int), nbytes, draw_losses)
    whole = 1.0 - loss.mean_loss if isinstance(loss, Bernoulli) else 0.0
    assert took.lost.mean() == pytest.approx(1.0 - whole**100 if whole else 1.0 - _unbroken(loss), abs=0.03)


def _unbroken(loss: GilbertElliott) -> float:
    """Return the chance that a channel stays good for a hundred packets."""
    return (1.0 - loss.bad_share) * (1.0 - loss.p) ** 99
