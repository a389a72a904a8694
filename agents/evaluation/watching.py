"""Detectors beside the evaluation: they see each signal of a sample as soon as a monitoring device would."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import numpy as np

from agents.checkpoint_names import with_prefix, without_prefix
from agents.contract import Snapshot, Watch
from agents.detectors import Detector, State, make_detector
from agents.evaluation.prequential import Evaluation
from agents.signals import SIGNALS
from agents.streams.sample_buffer import SampleBatch


class Watching:
    """Detectors of some blocks, device by device, and the samples whose labels are still to come.

    ``watches`` are what triggers look at: detectors on signals, and names of counts, which need nothing here.
    """

    def __init__(self, watches: Sequence[Watch | str], width: int) -> None:
        self._width, self._asked = width, len(watches) > 0
        self._watches = [watch for watch in watches if isinstance(watch, Watch)]
        self._detectors = {watch: make_detector(watch.detector, dict(watch.options)) for watch in self._watches}
        self._fresh()

    def _fresh(self) -> None:
        self.closed_s = -inf
        self._states = {watch: detector.init(self._width) for watch, detector in self._detectors.items()}
        self._alarms = {watch: np.zeros(self._width, bool) for watch in self._watches}
        self._waiting = {watch.signal: _Waiting.none() for watch in self._watches}

    def note(self, batch: SampleBatch, evaluation: Evaluation) -> None:
        """Take in evaluated samples; those of a device come in the order of their times."""
        row = np.repeat(batch.rows, batch.count)
        for signal, waiting in self._waiting.items():
            visible_s = batch.due_s if "labels" in SIGNALS[signal].needs else batch.time_s
            ever = visible_s < inf
            self._waiting[signal] = waiting.and_then(row[ever], visible_s[ever], evaluation.signals[signal][ever])

    def advance(self, until_s: float) -> None:
        """Show detectors what is visible by ``until_s`` (inclusive), device by device in that order."""
        self.closed_s = until_s
        for signal, waiting in self._waiting.items():
            now, self._waiting[signal] = waiting.split(until_s)
            if not len(now):
                continue
            rows, values, valid = now.side_by_side()
            for watch in self._watches:
                if watch.signal == signal:
                    self._update(watch, rows, values, valid)

    def _update(self, watch: Watch, rows: np.ndarray, values: np.ndarray, valid: np.ndarray) -> None:
        detector: Detector = self._detectors[watch]
        whole: State = self._states[watch]
        state, alarms = detector.update({name: own[rows] for name, own in whole.items()}, values, valid)
        for name, own in state.items():
            whole[name][rows] = own
        self._alarms[watch][rows] |= alarms.any(axis=1)

    def alarms(self, devices: int) -> dict[str, np.ndarray]:
        """Return which of the first ``devices`` had an alarm since the last call, bool [devices] by name."""
        raised = {watch.alarm: own[:devices].copy() for watch, own in self._alarms.items()}
        for own in self._alarms.values():
            own[:] = False
        return raised

    def checkpoint(self, rows: slice) -> Snapshot:
        """Return what is kept of the devices of one block; nothing where nothing is watched."""
        if not self._asked:
            return {}
        kept: Snapshot = {"closed_s": np.array([self.closed_s])}
        for watch, state in self._states.items():
            own = state | {"alarm": self._alarms[watch]}
            kept |= with_prefix(watch.alarm, {name: values[rows].copy() for name, values in own.items()})
        for signal, waiting in self._waiting.items():
            kept |= with_prefix(signal, waiting.of(rows))
        return kept

    def restore(self, kept: Sequence[Snapshot]) -> None:
        """Go to where :meth:`checkpoint` was called; what was not watched then starts afresh."""
        self._fresh()
        width = self._width // len(kept)
        for number, one in enumerate(kept):
            self.closed_s = max(self.closed_s, *one.get("closed_s", [-inf]))
            rows = slice(number * width, (number + 1) * width)
            for watch in self._watches:
                self._restore(watch, rows, without_prefix(watch.alarm, one))
            for signal, waiting in self._waiting.items():
                if own := without_prefix(signal, one):
                    self._waiting[signal] = waiting.and_then(own["row"] + rows.start, own["visible_s"], own["value"])

    def _restore(self, watch: Watch, rows: slice, own: Snapshot) -> None:
        for name, values in own.items():
            (self._alarms[watch] if name == "alarm" else self._states[watch][name])[rows] = values


class _Waiting:
    """Values that are not visible yet: row int64, visible_s and value float64, in the order of their samples."""

    def __init__(self, row: np.ndarray, visible_s: np.ndarray, value: np.ndarray) -> None:
        self._columns = row, visible_s, value

    @classmethod
    def none(cls) -> _Waiting:
        return cls(np.zeros(0, np.int64), np.zeros(0), np.zeros(0))

    def __len__(self) -> int:
        return len(self._columns[0])

    def and_then(self, *columns: np.ndarray) -> _Waiting:
        """Return these and those that come behind them."""
        return _Waiting(*(np.concatenate(pair) for pair in zip(self._columns, columns, strict=True)))

    def split(self, until_s: float) -> tuple[_Waiting, _Waiting]:
        """Return those that are visible by ``until_s``, and the others."""
        now = self._columns[1] <= until_s
        return _Waiting(*(own[now] for own in self._columns)), _Waiting(*(own[~now] for own in self._columns))

    def of(self, rows: slice) -> Snapshot:
        """Return those of some rows, numbered from the first of them."""
        row, visible_s, value = self._columns
        mine = (row >= rows.start) & (row < rows.stop)
        return {"row": row[mine] - rows.start, "visible_s": visible_s[mine], "value": value[mine]}

    def side_by_side(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return rows [n], values [n, most] by the time at which they are visible, and which are there."""
        row, visible_s, value = self._columns
        # The sort is stable: of one instant, earlier samples go first.
        order = np.lexsort((visible_s, row))
        rows, count = np.unique(row, return_counts=True)
        valid = np.arange(count.max()) < count[:, None]
        values = np.zeros(valid.shape)
        values[valid] = value[order]
        return rows, values, valid
