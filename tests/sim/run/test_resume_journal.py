"""The journal: what was told at each tick comes back bit for bit, and half an entry is none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from agents.contract import Tallies
from sim.run.resuming.journal import Entry, Journal, Past

ABOUT = {"scenario": "abc", "eager": False}


def entry(number: int, devices: int = 5) -> Entry:
    """Return the account of a tick whose numbers nobody could guess."""
    rng = np.random.default_rng(number)
    cohorts, seen = rng.integers(-9, 10**12, (2, 14)), np.arange(devices) * number
    signals = {"samples": seen, "error": rng.random(devices)}
    return Entry(bytes([number] * 16), Tallies(10.0 * number, cohorts, signals))


def write(path: Path, entries: list[Entry]) -> None:
    """Write a whole journal."""
    journal = Journal.begin(path, ABOUT)
    for one in entries:
        journal.append(one)
    journal.close()


def read(path: Path) -> list[Entry]:
    """Return the whole entries of a journal."""
    past = Past.read(path)
    assert past is not None
    assert past.about == ABOUT
    entries = list(past.entries())
    assert past.orders == [one.orders for one in entries]
    return entries


def same(some: list[Entry], others: list[Entry]) -> bool:
    """Say whether two accounts agree to the last bit."""
    return len(some) == len(others) and not any(a.differs(b) for a, b in zip(some, others, strict=True))


def test_what_was_written_comes_back(tmp_path: Path) -> None:
    entries = [entry(number) for number in range(1, 9)]
    write(tmp_path / "journal", entries)
    found = read(tmp_path / "journal")
    assert same(found, entries)
    assert found[3].tallies.signals["error"].dtype == np.float64


@given(st.data())
def test_any_numbers_come_back(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    path = tmp_path_factory.mktemp("journal") / "journal"
    kinds = st.sampled_from([np.int64, np.float64, np.float32, np.bool_])
    signals = [data.draw(arrays(data.draw(kinds), data.draw(st.integers(0, 4)))) for _ in range(3)]
    entries = [Entry(bytes(16), Tallies(float(n), np.zeros((1, 2), np.int64), {"s": s})) for n, s in enumerate(signals)]
    write(path, entries)
    assert same(read(path), entries)


def test_a_journal_cut_anywhere_holds_its_whole_entries_and_goes_on(tmp_path: Path) -> None:
    path, entries = tmp_path / "journal", [entry(number) for number in range(1, 5)]
    write(path, entries)
    whole = path.read_bytes()
    held = []
    for length in range(whole.index(b"\n") + 1, len(whole) + 1):
        path.write_bytes(whole[:length])
        past = Past.read(path)
        assert past is not None
        held.append(len(past.orders))
        journal = Journal.resume(path, past)
        for one in entries[held[-1] :]:
            journal.append(one)
        journal.close()
        assert path.read_bytes() == whole
    assert sorted(set(held)) == [0, 1, 2, 3, 4]
    assert held == sorted(held)


def test_a_damaged_entry_ends_the_journal(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    write(path, [entry(number) for number in range(1, 5)])
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert len(read(path)) < 4


@pytest.mark.parametrize("content", [b"", b"{", b"not json\n"])
def test_what_is_no_journal_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "journal").write_bytes(content)
    assert Past.read(tmp_path / "journal") is None
    assert Past.read(tmp_path / "nothing") is None


def test_counts_that_change_little_take_little_room(tmp_path: Path) -> None:
    path, ticks, devices = tmp_path / "journal", 20, 10_000
    rng = np.random.default_rng(0)
    seen = np.cumsum(rng.poisson(10, (ticks, devices)), axis=0)
    nothing = np.zeros((1, 14), np.int64)
    write(path, [Entry(bytes(16), Tallies(float(tick), nothing, {"samples": row})) for tick, row in enumerate(seen)])
    assert path.stat().st_size < 2.5 * ticks * devices


def test_accounts_that_differ_say_in_what(tmp_path: Path) -> None:
    one = entry(1)
    other_orders = Entry(bytes(16), one.tallies)
    other_tallies = Entry(one.orders, entry(2).tallies)
    assert "orders" in str(one.differs(other_orders))
    assert "ends at" in str(one.differs(other_tallies))
    later = Tallies(one.tallies.until_s, one.tallies.cohorts + 1, one.tallies.signals)
    assert "tallies" in str(one.differs(Entry(one.orders, later)))
