"""Many messages at once take what each of them takes alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from naive_transport import naive_transmit

from agents.seeding import Purpose
from sim.network import transport as module
from sim.network.loss import Bernoulli, GilbertElliott, LossProcess
from sim.network.transport import Framing, Repair, Transport

LOSSES = [
    None,
    Bernoulli(0.02),
    Bernoulli(0.6),
    Bernoulli(1.0),
    GilbertElliott(0.1, 0.3, 0.01, 0.9),
    GilbertElliott(0.9, 0.8, 0.0, 1.0),
    GilbertElliott(0.0, 0.0, 0.2, 1.0),
]


@given(
    loss=st.sampled_from(LOSSES),
    repair=st.sampled_from(Repair),
    header_bytes=st.sampled_from([0, 7]),
    sizes=st.lists(st.integers(0, 2500), min_size=1, max_size=12),
    at_once=st.sampled_from([1, 40, 1 << 16]),
)
def test_each_message_takes_what_it_takes_alone(
    loss: LossProcess | None, repair: Repair, header_bytes: int, sizes: list[int], at_once: int
) -> None:
    transport = Transport(Framing(100, header_bytes, 20), loss, repair, sends_at_most=9)
    device, exchange = np.arange(len(sizes)) % 3, 5 * np.arange(len(sizes))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_PACKETS", at_once)
        many = transport.transmit(3, Purpose.UPLINK_LOSS, device, exchange, np.array(sizes))
    for index, nbytes in enumerate(sizes):
        alone = naive_transmit(transport, 3, Purpose.UPLINK_LOSS, int(device[index]), int(exchange[index]), nbytes)
        for name in alone._fields:
            assert getattr(many, name)[index] == getattr(alone, name), name
