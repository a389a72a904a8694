"""The recent samples of devices in the form that methods get, computed when they are read."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import inf

import numpy as np
import torch

from agents.evaluation.features import Features, Fields
from agents.methods.base import Recent
from agents.streams.sample_buffer import FieldView, StreamBuffer


class Windows:
    """The recent samples of the devices of a group, in the form that its method gets.

    Args:
        window: how many samples; with ``labelled`` those whose labels are due, of the last ``history``.
        device: what methods compute on.
    """

    def __init__(
        self, feed: StreamBuffer, features: Features, device: torch.device, window: int, history: int, labelled: bool
    ) -> None:
        self._buffer, self._features, self._device = feed, features, device
        self._window, self._history, self._labelled = window, history, labelled

    def places(self, rows: np.ndarray, at_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the positions of the newest samples at ``at_s`` [s], [rows, window], and which are there."""
        ring = self._buffer.ring
        self._buffer.load(float(at_s.max()))
        seen = self._buffer.ring.count_until(rows, at_s, self._buffer.judged[rows])
        if self._labelled:
            places, count = ring.newest_labelled(rows, seen, at_s, self._window, self._history)
        else:
            places, count = ring.newest(rows, seen, self._window)
        return places, np.arange(places.shape[1]) < count[:, None]

    def times_s(self, at_s: np.ndarray, places: np.ndarray, there: np.ndarray) -> np.ndarray:
        """Return three times of each window: its data cut-off, when half of its samples had come, ``at_s`` itself.

        The cut-off is the time of its newest label, or that of the request. Without a sample half of them never came.
        """
        times_s = np.where(there, self._buffer.ring.time_s.take(places), -inf)
        cutoff_s = times_s.max(axis=1, initial=-inf) if self._labelled else at_s
        if not times_s.shape[1]:
            return np.stack([cutoff_s, cutoff_s, at_s], axis=1)
        # Half of the samples, or one more, are as new as this one.
        half = np.maximum((np.count_nonzero(there, axis=1) + 1) // 2, 1)
        middle_s = np.sort(times_s, axis=1)[np.arange(len(times_s)), times_s.shape[1] - half]
        return np.stack([cutoff_s, middle_s, at_s], axis=1)

    def recent(self, at_s: np.ndarray, places: np.ndarray, there: np.ndarray) -> Recent:
        """Return windows as methods get them at ``at_s`` [s]."""
        known = there & (self._buffer.ring.due_s.take(places) <= at_s[:, None])
        newest = partial(self._newest, at_s, places) if self._labelled else None
        samples = FieldView(self._buffer.ring, places)
        return window_of(self._features, samples, known, there, newest, self._device)

    def _newest(self, at_s: np.ndarray, places: np.ndarray) -> Recent:
        """Return the newest samples of the devices of ``places``, whether or not their labels are known."""
        ring, width = self._buffer.ring, places.shape[1]
        rows = places[:, 0] // ring.capacity
        newest, count = ring.newest(rows, ring.count_until(rows, at_s, self._buffer.judged[rows]), width)
        known = ring.due_s.take(newest) <= at_s[:, None]
        there = np.arange(width) < count[:, None]
        return window_of(self._features, FieldView(ring, newest), known & there, there, None, self._device)


def window_of(
    features: Features,
    samples: Fields,
    known: np.ndarray,
    there: np.ndarray,
    unlabelled: Callable[[], Recent] | None,
    device: torch.device,
) -> Recent:
    """Return windows of ``samples`` [devices, window] on ``device``.

    ``there`` says which samples are no padding, ``known`` whose labels are due; bool [devices, window] both.
    ``unlabelled`` makes the window of the newest samples, where that is another one.
    """
    shown, label = features.shown(samples, known)
    real = torch.from_numpy(there).to(device)

    def cleared(values: torch.Tensor) -> torch.Tensor:
        return values * real.view(*real.shape, *(1 for _ in values.shape[2:])).to(values.dtype)

    return Recent(
        features=lambda: cleared(features.of(shown)),
        label=torch.from_numpy(label.astype(np.int64)).to(device),
        count=torch.from_numpy(np.count_nonzero(there, axis=1)).to(device),
        raw=lambda: cleared(features.raw(shown)),
        present=(lambda: cleared(torch.from_numpy(samples["present"]).to(device))) if "present" in samples else None,
        unlabelled=unlabelled,
    )
