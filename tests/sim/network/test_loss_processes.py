"""Loss processes and transports against closed forms, and as pure functions of who sends what."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from naive_transport import NaiveResult, naive_states

from agents.seeding import Purpose, uniforms
from sim.network.loss import Bernoulli, Draw, GilbertElliott, LossProcess
from sim.network.traces.losses import TraceError, load_losses
from sim.network.transport import Framing, Repair, Transport


def transmit(transport: Transport, exchange: int, nbytes: int, device: int = 0) -> NaiveResult:
    took = transport.transmit(3, Purpose.UPLINK_LOSS, *(np.array([value]) for value in (device, exchange, nbytes)))
    return NaiveResult(*(getattr(took, name).item() for name in NaiveResult._fields))


def row_draw(seed: int, count: int, skip: int = 0) -> Draw:
    """Return the uniforms of ``count`` packets, those after the first ``skip`` of a longer row."""
    return lambda row: uniforms(seed, Purpose.UPLINK_LOSS, row, np.arange(skip, skip + count))


def lose(loss: LossProcess, count: int, draw: Draw, *, bad: bool | None = None) -> tuple[np.ndarray, bool]:
    """Send packets of one message; return which are lost, and the state that the last one saw."""
    before = None if bad is None else np.array([bad])
    lost, states = loss.lose(before, np.arange(count) == 0, draw)
    return lost, bool(states[0])


@given(
    nbytes=st.integers(0, 10**6),
    mtu=st.integers(60, 9000),
    header=st.integers(0, 59),
    top=st.integers(0, 500),
)
def test_packets_hold_message_and_headers_exactly(nbytes: int, mtu: int, header: int, top: int) -> None:
    framing = Framing(mtu, header, top)
    packets, wire_bytes = int(framing.packets(np.array(nbytes))), int(framing.wire_bytes(np.array(nbytes)))
    assert wire_bytes == nbytes + top + packets * header
    assert wire_bytes <= packets * mtu
    assert packets == 1 or wire_bytes > (packets - 1) * mtu


def test_headers_by_hand() -> None:
    """3000 bytes and a header of 100 in packets of 1460 bytes: three of them, 40 bytes more each."""
    assert Framing(1500, 40, 100).packets(np.array(3000)) == 3
    assert Framing(1500, 40, 100).wire_bytes(np.array(3000)) == 3220


@pytest.mark.parametrize(
    ("p", "r"),
    [(0.01, 0.2), (0.3, 0.1), (0.9, 0.8), (0.5, 0.5), (1.0, 1.0), (0.0, 0.3), (0.2, 0.0), (1.0, 0.3)],
)
def test_the_channel_walks_as_its_definition_says(p: float, r: float) -> None:
    """The walk without a loop equals the walk packet by packet."""
    channel, draw = GilbertElliott(p, r), row_draw(1, 5000)
    states = naive_states(channel, None, draw(1))
    lost, last = lose(channel, 5000, draw)
    assert lost.tolist() == states
    assert last == states[-1]


def test_a_message_sent_in_parts_meets_the_same_channel() -> None:
    channel = GilbertElliott(0.1, 0.3, 0.05, 0.8)
    whole, _ = lose(channel, 300, row_draw(2, 300))
    first, bad = lose(channel, 120, row_draw(2, 120))
    rest, _ = lose(channel, 180, row_draw(2, 180, skip=120), bad=bad)
    assert np.concatenate([first, rest]).tolist() == whole.tolist()


@pytest.mark.parametrize("loss", [Bernoulli(0.07), GilbertElliott(0.02, 0.2, 0.01, 0.6), GilbertElliott(0.8, 0.9)])
def test_the_long_run_share_of_losses_is_the_stationary_one(loss: Bernoulli | GilbertElliott) -> None:
    lost = np.array([lose(loss, 500, row_draw(seed, 500))[0].mean() for seed in range(400)])
    assert lost.mean() == pytest.approx(loss.mean_loss, abs=4 * lost.std(ddof=1) / math.sqrt(400))
    if isinstance(loss, GilbertElliott):
        assert loss.mean_loss == pytest.approx((loss.r * loss.good + loss.p * loss.bad) / (loss.p + loss.r))


def test_the_first_packet_already_meets_the_stationary_channel() -> None:
    channel = GilbertElliott(0.02, 0.08)
    first = np.array([lose(channel, 1, row_draw(seed, 1))[0][0] for seed in range(4000)])
    assert first.mean() == pytest.approx(0.2, abs=4 * math.sqrt(0.2 * 0.8 / 4000))


def test_bursts_last_geometrically() -> None:
    r = 0.25
    lost, _ = lose(GilbertElliott(0.05, r), 400_000, row_draw(9, 400_000))
    edges = np.flatnonzero(np.diff(np.concatenate([[0], lost.astype(int), [0]])))
    lengths = edges[1::2] - edges[::2]
    assert lengths.mean() == pytest.approx(1 / r, rel=0.03)
    for k in (1, 2, 5):
        expected = r * (1 - r) ** (k - 1)
        error = 4 * math.sqrt(expected * (1 - expected) / len(lengths))
        assert (lengths == k).mean() == pytest.approx(expected, abs=error)


RECORDING = "1110110111\n0111111101\n"


def test_recorded_losses_are_replayed_packet_by_packet(tmp_path: Path) -> None:
    path = tmp_path / "loss"
    path.write_text(RECORDING)
    losses = load_losses(path, lost=0)
    assert (len(losses), losses.mean_loss) == (20, 4 / 20)
    digits = RECORDING.replace("\n", "")
    found = set()
    for seed in range(200):
        lost = "".join("01"[not one] for one in lose(losses, 33, row_draw(seed, 33))[0])
        assert lost in digits * 3, "a message goes on where it began, and again from the beginning"
        found.add(lost)
    assert len(found) == 20, "every place of the recording is one where a message may begin"
    whole, _ = losses.lose(None, np.arange(40) == 0, row_draw(3, 40))
    first, state = losses.lose(None, np.arange(15) == 0, row_draw(3, 15))
    rest, _ = losses.lose(state, np.arange(25) == 0, row_draw(3, 25, skip=15))
    assert np.concatenate([first, rest]).tolist() == whole.tolist()


def test_messages_at_once_lose_what_each_loses_alone(tmp_path: Path) -> None:
    (tmp_path / "loss").write_text(RECORDING)
    transport = Transport(Framing(100), load_losses(tmp_path / "loss", lost=0))
    sizes = np.array([50, 1000, 2500, 100])
    together = transport.transmit(3, Purpose.UPLINK_LOSS, np.zeros(4, int), np.arange(4), sizes)
    alone = [transmit(transport, number, int(nbytes)) for number, nbytes in enumerate(sizes)]
    assert together.sends.tolist() == [one.sends for one in alone]


@pytest.mark.parametrize(
    ("text", "lost", "said"),
    [
        ("0110\n", None, "does a 0 or a 1 stand for a lost packet"),
        ("lost\n0\n1\n", 0, ":1: 'lost' says that 1 is lost, 'lost: 0' says otherwise"),
        ("rate\n0\n1\n", 0, ":1: its column is 'rate'"),
        ("01\n0.5\n", 1, ":2: holds '.'"),
        ("lost\n", None, "holds no packet"),
        ("", 1, "holds no packet"),
    ],
)
def test_recordings_that_are_not_clear_are_refused(tmp_path: Path, text: str, lost: int | None, said: str) -> None:
    (tmp_path / "loss").write_text(text)
    with pytest.raises(TraceError, match=said):
        load_losses(tmp_path / "loss", lost)


@pytest.mark.parametrize("header", ["lost", "Received"])
def test_a_header_says_which_digit_is_lost(tmp_path: Path, header: str) -> None:
    (tmp_path / "loss").write_text(f"{header}\n0\n0\n0\n1\n")
    assert load_losses(tmp_path / "loss").mean_loss == (0.25 if header == "lost" else 0.75)


@pytest.mark.parametrize("loss", [0.01, 0.2, 0.6])
def test_a_packet_is_sent_one_over_one_minus_q_times(loss: float) -> None:
    transport = Transport(Framing(1000), Bernoulli(loss))
    sends = np.array([transmit(transport, k, 20_000).sends / 20 for k in range(2000)])
    assert sends.mean() == pytest.approx(1 / (1 - loss), abs=4 * sends.std(ddof=1) / math.sqrt(2000))


@given(
    nbytes=st.integers(0, 30_000),
    loss=st.floats(0, 0.9),
    repair=st.sampled_from(Repair),
    exchange=st.integers(0, 50),
)
def test_bytes_add_up(nbytes: int, loss: float, repair: Repair, exchange: int) -> None:
    framing = Framing(700, 20, 30)
    sent = transmit(Transport(framing, Bernoulli(loss), repair), exchange, nbytes)
    again = sent.sends - sent.packets
    assert sent.wire_bytes == framing.wire_bytes(np.array(nbytes)) + sent.retransmitted_bytes
    assert again * 20 <= sent.retransmitted_bytes <= again * 700
    assert repair is Repair.NONE or not sent.lost
    if sent.packets == 1:
        assert sent.retransmitted_bytes == again * framing.wire_bytes(np.array(nbytes))


def test_time_is_added_as_the_repair_says() -> None:
    loss = Bernoulli(0.5)
    plain = transmit(Transport(Framing(100), loss), 4, 1000)
    rounds = transmit(Transport(Framing(100), loss, Repair.ROUNDS), 4, 1000)
    waiting = transmit(Transport(Framing(100), loss, Repair.STOP_AND_WAIT), 4, 1000)
    assert plain.sends == rounds.sends == waiting.sends > plain.packets == 10
    assert (plain.round_trips, waiting.round_trips) == (0, waiting.sends - 1)
    assert 1 <= rounds.round_trips <= rounds.sends - rounds.packets
    assert transmit(Transport(Framing(100), None, Repair.STOP_AND_WAIT), 0, 1000).round_trips == 9


def test_without_repair_a_message_survives_if_all_its_packets_do() -> None:
    transport = Transport(Framing(100), Bernoulli(0.05), Repair.NONE)
    lost = np.mean([transmit(transport, k, 1000).lost for k in range(6000)])
    expected = 1 - 0.95**10
    assert lost == pytest.approx(expected, abs=4 * math.sqrt(expected * (1 - expected) / 6000))


def test_a_path_that_loses_everything_is_given_up() -> None:
    sent = transmit(Transport(Framing(100), Bernoulli(1.0), sends_at_most=7), 0, 300)
    assert (sent.sends, sent.lost, sent.wire_bytes) == (21, True, 2100)


def test_draws_belong_to_device_and_exchange_and_not_to_the_order_of_questions() -> None:
    transport = Transport(Framing(100), GilbertElliott(0.1, 0.3))
    keys = [(device, exchange) for device in range(8) for exchange in range(8)]
    forward = {key: transmit(transport, key[1], 5000, key[0]) for key in keys}
    assert {key: transmit(transport, key[1], 5000, key[0]) for key in reversed(keys)} == forward
    assert len({sent.sends for sent in forward.values()}) > 8


@pytest.mark.parametrize("bad", [-0.1, 1.1, math.nan])
def test_what_is_no_probability_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="probability"):
        Bernoulli(bad)
    with pytest.raises(ValueError, match="probability"):
        GilbertElliott(0.1, bad)


def test_headers_that_leave_no_room_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        Framing(40, 40)
