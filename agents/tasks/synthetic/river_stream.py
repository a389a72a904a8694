"""Synthetic streams of the river package (Montiel et al., JMLR 2021), a seeded copy for each device.

A generator of river can only go forward. Each device of a block keeps one, and where it is; asking for what comes next
costs 2 to 100 microseconds a sample, and asking for something earlier starts the generator again from the beginning,
so that a chunk far out costs as much as all chunks before it, once. Streams that evolve (a plane that turns as it
goes) evolve for each device with its own samples.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from inspect import signature
from itertools import islice
from typing import Any

import numpy as np

from agents.contract import BackendError, FleetSpec
from agents.contract.component import read_options
from agents.tasks.custom.stream import ChunkRequest, CustomStream
from agents.tasks.custom.task import CustomTask
from agents.tasks.synthetic.options import RiverOptions

#: What river calls a task with two classes.
_BINARY = "Binary classification"
#: The copy that the cloud's past comes from, and the most that a device's seed can be.
_PAST, _SEEDS = 0, 2**31 - 2


class Replay:
    """One copy of a generator and where it is."""

    def __init__(self, stream: RiverStream, seed: int) -> None:
        self._stream, self._seed = stream, seed
        self._samples: Iterator[tuple[dict[str, Any], Any]] = iter(())
        self._at = -1

    def samples(self, first: int, count: int) -> list[tuple[dict[str, Any], Any]]:
        """Return samples ``first`` to ``first + count - 1``."""
        if self._at < 0 or first < self._at:
            self._samples, self._at = iter(self._stream.copy(self._seed)), 0
        drawn = list(islice(self._samples, first - self._at, first - self._at + count))
        self._at = first + count
        return drawn

    def __getstate__(self) -> dict[str, Any]:
        # Generators cannot be pickled; a copy starts again.
        return {"_stream": self._stream, "_seed": self._seed, "_samples": iter(()), "_at": -1}


class RiverStream(CustomStream):
    """See :class:`RiverOptions`."""

    def __init__(self, chosen: RiverOptions) -> None:
        self._made = _named(chosen.stream)
        self._options, self._rows = dict(chosen.options), int(chosen.history)
        # Streams with a random law have two seeds: the law is the same for all, the samples are each device's own.
        takes = signature(self._made).parameters
        self._seed_name = "seed_sample" if "seed_sample" in takes else "seed"
        if self._seed_name in self._options:
            raise ValueError(f"task river: options.{self._seed_name}: each device has a seed of its own")
        if "seed_model" in takes:
            self._options = {"seed_model": 0, **self._options}
        first, _ = next(iter(self.copy(_PAST)))
        self._features = tuple(first)
        self.inputs, self.classes = (len(first),), self._classes()
        self._replays: dict[int, Replay] = {}
        past = self._rows_of(Replay(self, _PAST), 0, self._rows)[0]
        self._mean, std = past.mean(0), past.std(0)
        self._std = np.where(std > 0, std, 1.0)

    def copy(self, seed: int) -> Any:
        """Return a fresh generator.

        Raises:
            ValueError: options that the stream does not take.
        """
        try:
            return self._made(**{self._seed_name: seed}, **self._options)
        except (TypeError, ValueError) as error:
            raise ValueError(f"task river: {self._made.__name__}: {error}") from error

    def history(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Return the beginning of a copy that no device plays, standardised on itself."""
        x, y = self._rows_of(Replay(self, _PAST), 0, self._rows)
        return (x - self._mean) / self._std, y

    def chunk(self, block: ChunkRequest, k: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Let each device's copy play on from where it is, or from where it is asked to be."""
        x, y = np.zeros((*block.shape, *self.inputs)), np.zeros(block.shape, np.int64)
        for row in np.flatnonzero(block.valid.any(1)):
            seed = 1 + int(block.uniform[row] * _SEEDS)
            ordinal = block.ordinal[row, block.valid[row]]
            first, last = int(ordinal[0]), int(ordinal[-1])
            replay = self._replays.setdefault(seed, Replay(self, seed))
            drawn = self._rows_of(replay, first, last - first + 1)
            x[row, block.valid[row]], y[row, block.valid[row]] = (values[ordinal - first] for values in drawn)
        return (x - self._mean) / self._std, y

    def _rows_of(self, replay: Replay, first: int, count: int) -> tuple[np.ndarray, np.ndarray]:
        drawn = replay.samples(first, count)
        try:
            x = np.array([[sample[name] for name in self._features] for sample, _ in drawn], np.float64)
        except (TypeError, ValueError) as error:
            raise ValueError(f"task river: {self._made.__name__} has features that are no numbers ({error})") from error
        return x, np.array([int(label) for _, label in drawn], np.int64)

    def _classes(self) -> int:
        made = self.copy(_PAST)
        # Not every stream of two classes says how many they are.
        classes = 2 if made.task == _BINARY else getattr(made, "n_classes", None)
        if not isinstance(classes, int) or classes < 2:
            raise ValueError(f"task river: {self._made.__name__} has no classes; a stream for classification is wanted")
        return classes


def river_streams(spec: FleetSpec) -> CustomTask:
    """Return the task of ``{kind: river, stream: Agrawal, options: {...}}``.

    Raises:
        BackendError: river is not installed.
        ValueError: a stream or an option that it does not have.
    """
    return CustomTask(RiverStream(read_options(RiverOptions, spec.data_options, "task river")), spec)


def _named(stream: Any) -> Any:
    try:
        synth = import_module("river.datasets.synth")
    except ImportError:
        raise BackendError("task river needs the river package; install it with: pip install river") from None
    names = [name for name in getattr(synth, "__all__", ()) if isinstance(getattr(synth, name), type)]
    if stream not in names:
        raise ValueError(f"task river: {stream!r} is no stream of river.datasets.synth; known are {', '.join(names)}")
    return getattr(synth, stream)
