"""Journals, checkpoints and seals of any content: read as far as they are whole, and never an error."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.contract import Tallies
from agents.contract.seal import is_whole
from sim.run.resuming.checkpoints import Checkpoint, Checkpoints
from sim.run.resuming.journal import Entry, Journal, Past

ABOUT = {"scenario": "abc", "sizes": [1, 2, False]}
often = settings(deadline=None, max_examples=200)
#: Where bytes are replaced, by what, and how many are cut away there.
cuts = st.lists(st.tuples(st.integers(0, 2000), st.binary(max_size=40), st.integers(0, 60)), min_size=1, max_size=3)


@contextmanager
def place() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def entries(count: int) -> list[Entry]:
    draw = np.random.default_rng(count)
    return [Entry(draw.bytes(16), Tallies(10.0 * n, draw.integers(0, 99, (2, 3)), {})) for n in range(count)]


def damaged(content: bytes, at: list[tuple[int, bytes, int]]) -> bytes:
    for start, inserted, removed in at:
        start = min(start, len(content))
        content = content[:start] + inserted + content[start + removed :]
    return content


@often
@given(cuts)
def test_a_damaged_journal_is_a_whole_beginning_of_itself(at: list[tuple[int, bytes, int]]) -> None:
    written = entries(6)
    with place() as folder:
        journal = Journal.begin(folder / "journal", ABOUT)
        for entry in written:
            journal.append(entry)
        journal.close()
        file = folder / "journal"
        file.write_bytes(damaged(file.read_bytes(), at))
        past = Past.read(file)
        if past is not None:
            assert past.about == ABOUT
            assert all(entry.differs(old) is None for entry, old in zip(past.entries(), written, strict=False))
            assert past.orders == [entry.orders for entry in written[: len(past.orders)]]


@often
@given(st.binary(max_size=300))
def test_any_bytes_are_no_journal(content: bytes) -> None:
    with place() as folder:
        (folder / "journal").write_bytes(content)
        assert Past.read(folder / "journal") is None


@often
@given(cuts)
def test_a_damaged_checkpoint_is_never_used(at: list[tuple[int, bytes, int]]) -> None:
    orders = [bytes([n]) * 16 for n in range(3)]
    with place() as folder:
        for tick in (1, 2):
            values = {"a": np.arange(50.0), "b.frozen.c": np.arange(7)}
            Checkpoints(folder).write(Checkpoint(tick, orders[tick - 1], values))
        file = folder / "000000002.safetensors"
        whole = file.read_bytes()
        file.write_bytes(damaged(whole, at))
        found = Checkpoints(folder).newest(orders)
        assert found is not None
        assert found.tick == (2 if file.read_bytes() == whole else 1)
        assert np.array_equal(found.snapshot["a"], np.arange(50.0))
        assert np.array_equal(found.snapshot["b.frozen.c"], np.arange(7))


@often
@given(st.binary(max_size=300))
def test_any_bytes_have_no_seal(content: bytes) -> None:
    with place() as folder:
        (folder / "a").write_bytes(content)
        assert not is_whole(folder / "a")
