"""A short digest of the history of exchanges, cheap enough for every tick."""

from __future__ import annotations

import numpy as np

from agents.contract import Exchanges, Stage

_STEPS = ((np.uint64(30), np.uint64(0xBF58476D1CE4E5B9)), (np.uint64(27), np.uint64(0x94D049BB133111EB)))
_OTHER = np.uint64(0x9E3779B97F4A7C15)


class OrderDigest:
    """Takes in exchanges as they are handed over; one digest a tick.

    It is two sums over the stages reached, each of them well mixed with its time, so that it does not matter in which
    order or in how many rows they are handed over. Other differences are found, except with probability 2^-64.
    """

    def __init__(self) -> None:
        self._sums = np.zeros(2, np.uint64)

    def feed(self, exchanges: Exchanges) -> None:
        """Take in what becomes of some exchanges."""
        for stage, rows in exchanges.reached():
            if len(rows):
                self._add(stage, exchanges, rows)

    def _add(self, stage: Stage, exchanges: Exchanges, rows: np.ndarray) -> None:
        outcome = exchanges.outcome[rows] if stage is Stage.ENDED else np.zeros(len(rows), np.int8)
        what = [np.full(len(rows), stage), exchanges.kind[rows], outcome]
        whose = exchanges.group if stage is Stage.SERVED else exchanges.device
        word = np.zeros(len(rows), np.uint64)
        for column in what:
            word = (word << np.uint64(8)) + column.astype(np.uint64)
        for column in (exchanges.ticket[rows], whose[rows], exchanges.at_s[stage, rows]):
            word = _mixed(word + np.ascontiguousarray(column).view(np.uint64))
        self._sums += np.array([word.sum(dtype=np.uint64), _mixed(word ^ _OTHER).sum(dtype=np.uint64)])

    def close(self) -> bytes:
        """Return the digest of the tick, 16 bytes, and begin the next one."""
        digest = self._sums.astype("<u8").tobytes()
        self._sums = np.zeros(2, np.uint64)
        return digest


def _mixed(word: np.ndarray) -> np.ndarray:
    """Scatter the bits of each word (the finaliser of SplitMix64: Steele, Lea and Flood, OOPSLA 2014)."""
    word = word + _OTHER
    for shift, factor in _STEPS:
        word = (word ^ (word >> shift)) * factor
    return word ^ (word >> np.uint64(31))
