"""Bring your own data: a class with ``history`` and ``chunk`` is all that a stream takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from agents.contract.component import is_options, read_options


@dataclass(frozen=True)
class ChunkRequest:
    """What a stream is asked for: one cell of virtual time of one block of devices.

    Attributes:
        cohort: name of the devices' cohort.
        device: int64 [devices], their numbers within it, from 0; a block is always full, so that some may not exist.
        uniform: float64 [devices], a number from 0 to 1 of each device's own, the same in every chunk.
        time_s: float64 [devices, samples], when samples come, rising; 0 where there is none.
        valid: bool [devices, samples], where there is a sample.
        ordinal: int64 [devices, samples], the how many-th of its device, from 0.
        strength: what drift does, by name (``transforms`` of the class), float64 [devices, samples].
    """

    cohort: str
    device: np.ndarray
    uniform: np.ndarray
    time_s: np.ndarray
    valid: np.ndarray
    ordinal: np.ndarray
    strength: Mapping[str, np.ndarray]

    @property
    def shape(self) -> tuple[int, int]:
        """(devices, samples), the first axes of every array that a chunk returns."""
        rows, columns = self.valid.shape
        return rows, columns

    def __getattr__(self, name: str) -> Any:
        """Name the new word where a stream still uses the one of 0.1.0."""
        hint = "; it is called 'uniform' since 0.2.0" if name == "luck" else ""
        raise AttributeError(f"a block has no '{name}'{hint}")


class CustomStream:
    """A stream of the user's own; a scenario names it ``task: {data: {kind: "mine:Stream", gap: 2}}``.

    Its constructor takes the options of the scenario by name. ``chunk`` must be pure: the same arguments, the same
    answer, in any order of chunks; all chance comes from ``rng``, which is keyed by seed, cohort, block and chunk.

    Attributes:
        classes: how many there are.
        inputs: shape of one sample; or shapes by name, where it has several views (a camera, a microphone): then ``x``
            is a map of arrays by name, nets are given it flat, one view behind the other, and drift may let a view be
            missing (``missing: [camera]``): it is zeros then, and ``present`` says so to methods.
        transforms: what drift may do to it, by name, with the strength that means nothing is done. Names are
            those of the grammar (``rotate``, ``shift``, ``noise``, ...); classes can always be swapped.
    """

    classes: int
    inputs: tuple[int, ...] | Mapping[str, tuple[int, ...]]
    transforms: Mapping[str, float] = {}

    def history(self, rng: np.random.Generator) -> Sequence[Any]:
        """Return the cloud's past: ``x`` [rows, *inputs], ``y`` [rows], and if there are any, ``context`` [rows]."""
        raise NotImplementedError

    def chunk(self, block: ChunkRequest, k: int, rng: np.random.Generator) -> Sequence[Any]:
        """Return the samples of chunk ``k``: ``x`` [devices, samples, *inputs] and ``y`` [devices, samples].

        And if it is known, ``best`` [devices, samples], the best possible answer: then there is an oracle. What stands
        where ``block.valid`` is False is ignored.
        """
        raise NotImplementedError

    def count(self, cohort: str, device: int) -> int | None:
        """Return how many samples a device has in all; None if it never runs out."""
        return None

    def times_s(self, cohort: str, device: int) -> np.ndarray | None:
        """Return when a device's samples come [s], sorted, for ``arrivals: recorded``; None if that is not known."""
        return None

    def changes_s(self, cohort: str, device: int) -> np.ndarray:
        """Return when the stream itself changes [s], so that regret can be split by phase; drift is known anyway."""
        return np.empty(0)


def options_for(stream: type, options: Mapping[str, Any]) -> Any:
    """Return the user's stream with its options.

    Raises:
        ValueError: options that it does not take, or declares otherwise.
    """
    declared: Any = getattr(stream, "options", None)
    if is_options(declared):
        return stream(read_options(declared, options, stream.__name__))
    try:
        return stream(**options)
    except TypeError as error:
        raise ValueError(f"{stream.__name__}: {error}") from error
