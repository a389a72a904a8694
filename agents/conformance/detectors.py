"""What every detector keeps: it knows neither batches nor neighbours, and skips what is not there."""

from __future__ import annotations

import numpy as np

from agents.contract.laws import Law
from agents.detectors.base import Detector

_DEVICES, _SAMPLES = 5, 200


def bits() -> np.ndarray:
    """Return values of 0 and 1 that become more often 1 half way, float64 [devices, samples]."""
    generator = np.random.default_rng(3)
    share = np.where(np.arange(_SAMPLES) < _SAMPLES // 2, 0.1, 0.8)
    return (generator.uniform(size=(_DEVICES, _SAMPLES)) < share).astype(np.float64)


def _alarms(detector: Detector, values: np.ndarray, width: int, valid: np.ndarray | None = None) -> np.ndarray:
    valid = np.ones(values.shape, bool) if valid is None else valid
    state, found = detector.init(len(values)), []
    for first in range(0, values.shape[1], width):
        part = slice(first, first + width)
        state, alarms = detector.update(state, values[:, part], valid[:, part])
        found.append(alarms)
    return np.concatenate(found, axis=1)


def sees_the_change(detector: Detector) -> str | None:
    """A stream that changes from 10 % to 80 % of ones raises an alarm on some device."""
    return None if _alarms(detector, bits(), _SAMPLES).any() else "no alarm"


def batches(detector: Detector) -> str | None:
    """Alarms are the same sample by sample and many at once."""
    whole, single = (_alarms(detector, bits(), width) for width in (_SAMPLES, 1))
    return None if np.array_equal(whole, single) else "alarms depend on how samples come together"


def devices_apart(detector: Detector) -> str | None:
    """A device has the same alarms alone and among others."""
    whole, alone = _alarms(detector, bits(), _SAMPLES), _alarms(detector, bits()[2:3], _SAMPLES)
    return None if np.array_equal(whole[2:3], alone) else "alarms of device 2 depend on the others"


def padding(detector: Detector) -> str | None:
    """Samples that are not there raise no alarm and leave no trace."""
    values = bits()
    padded, valid = np.full((_DEVICES, 2 * _SAMPLES), 1.0), np.zeros((_DEVICES, 2 * _SAMPLES), bool)
    padded[:, ::2], valid[:, ::2] = values, True
    found = _alarms(detector, padded, 16, valid)
    if found[~valid].any():
        return "an alarm on padding"
    same = np.array_equal(found[:, ::2], _alarms(detector, values, _SAMPLES))
    return None if same else "padding changes the alarms behind it"


def state_is_kept(detector: Detector) -> str | None:
    """A state that is given is not written to."""
    state = detector.init(_DEVICES)
    before = {name: values.copy() for name, values in state.items()}
    detector.update(state, bits(), np.ones((_DEVICES, _SAMPLES), bool))
    wrong = next((name for name in before if not np.array_equal(before[name], state[name])), None)
    return f"'{wrong}' was changed in place" if wrong else None


LAWS: tuple[Law, ...] = (sees_the_change, batches, devices_apart, padding, state_is_kept)
