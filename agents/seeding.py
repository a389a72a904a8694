"""Every random number of a run, keyed by what it means and never by when it is asked for.

Two generators, both counter-based, so that the order of draws, the number of devices and the number
of workers change nothing:

* :func:`rng` gives a whole generator for one meaning (a chunk of a stream, a training run);
* :func:`uniforms` gives one number for each of many keys at once (the jitter of each exchange).
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np

_MASK = (1 << 64) - 1
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_TO_UNIT = 2.0**-53


class Purpose(IntEnum):
    """What a random number is for. A number, once given, is never given to another purpose."""

    ARRIVALS = 1
    CONTENT = 2
    LABELS = 3
    DRIFT_MEMBER = 4
    DRIFT_TIME = 5
    PRETRAIN = 6
    METHOD = 7
    HISTORY = 8
    SPLIT = 9
    TRANSFORM = 10
    TRIGGER_PHASE = 20
    TRIGGER_GAP = 21
    DEVICE_PHASE = 22
    DUMMY_ALARM = 23
    UPLINK_LATENCY = 30
    DOWNLINK_LATENCY = 31
    SERVICE = 32
    PAYLOAD_SIZE = 33
    UPDATE_SIZE = 34
    UPLINK_LOSS = 35
    DOWNLINK_LOSS = 36
    RETRY = 37
    TRACE_OFFSET = 38
    AVAILABILITY = 39
    OUTAGE = 40
    RATE_STATE = 41
    CLOUD_FAILURE = 42
    CHANNEL_STATE = 43
    UPLINK_JITTER = 44
    DOWNLINK_JITTER = 45
    RATE_STATE_DOWN = 46
    CONTACT = 47
    JOIN = 48
    LEAVE = 49
    DAILY_SHIFT = 50
    BATCH_SERVICE = 51
    ARRIVAL_COUNT = 52
    DRIFT_OWN_TIME = 53
    DRIFT_WALK = 54
    DEVICE_PRIOR = 55
    THINNING = 56
    LABEL_PERMUTATION = 57
    PIXEL_PERMUTATION = 58
    MOTION_WALK = 59
    OWN_STREAM = 60
    TRAINING_STEP = 61
    ROUND = 62
    NEGATIVES = 80
    INTEREST = 81
    ITEM = 82
    CLICKS = 83
    CODEC_ROUNDING = 90
    CODEC_PLACES = 91
    CODEC_BASIS = 92
    DETECTOR_SAMPLE = 93
    TRIGGER_JITTER = 94


def rng(seed: int, purpose: Purpose, *ids: int) -> np.random.Generator:
    """Return the generator of one meaning: ``purpose`` applied to at most three non-negative ``ids``.

    Philox 4x64 (Salmon et al., SC 2011): the key holds (seed, purpose), the high counter words hold
    the ids, and the low word counts draws, so that no two meanings overlap.

    Raises:
        ValueError: more than three ids, or a negative one.
    """
    if len(ids) > 3 or any(i < 0 for i in ids):
        raise ValueError(f"rng takes at most three non-negative ids, got {ids}")
    counter = np.zeros(4, np.uint64)
    counter[1 : 1 + len(ids)] = ids
    key = np.array([seed & _MASK, int(purpose)], np.uint64)
    return np.random.Generator(np.random.Philox(counter=counter, key=key))


def uniforms(seed: int, purpose: Purpose, device: np.ndarray | int, number: np.ndarray | int = 0) -> np.ndarray:
    """Return one uniform in (0, 1) for each pair (device, number), independent of all other draws.

    ``device`` and ``number`` broadcast; the result is float64 of the broadcast shape.
    SplitMix64's finaliser (Steele, Lea and Flood, OOPSLA 2014) chained over the words of the key.
    """
    with np.errstate(over="ignore"):
        state = _mix(np.uint64(seed & _MASK) + _GOLDEN * np.uint64(int(purpose)))
        state = _mix(state ^ _mix(np.asarray(device, np.uint64) + _GOLDEN))
        state = _mix(state ^ _mix(np.asarray(number, np.uint64) + _MIX_2))
    # 53 random bits, centred in their cell, so that neither 0 nor 1 can come out.
    return ((state >> np.uint64(11)).astype(np.float64) + 0.5) * _TO_UNIT


def key_of(seed: int, purpose: Purpose) -> int:
    """Return what the uniforms of one purpose begin with."""
    with np.errstate(over="ignore"):
        return int(_mix(np.uint64(seed & _MASK) + _GOLDEN * np.uint64(int(purpose))))


def _mix(word: np.ndarray | np.uint64) -> np.ndarray:
    word = (word ^ (word >> np.uint64(30))) * _MIX_1
    word = (word ^ (word >> np.uint64(27))) * _MIX_2
    return np.asarray(word ^ (word >> np.uint64(31)))
