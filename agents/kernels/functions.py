"""Functions of one number or one row, out of additions, products and quotients alone.

Exponential and logarithm after Cephes (Moshier, 1989), tanh by the rational approximation of Eigen; each is within a
few units in the last place.
"""

from __future__ import annotations

import numpy as np

from agents.kernels.compiling import compiled, inlined

_0, _1, _2, _HALF = (np.float32(value) for value in (0.0, 1.0, 2.0, 0.5))
#: Below this the exponential is taken for 0: it is smaller than any normal number.
_LOWEST = np.float32(-87.0)
_LOG2_E, _LN2_HIGH, _LN2_LOW = np.float32(1.44269504), np.float32(0.693359375), np.float32(-2.12194440e-4)
_E0, _E1, _E2, _E3, _E4, _E5 = (
    np.float32(value)
    for value in (1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1)
)
_SQRT_HALF = np.float32(0.707106781)
_L0, _L1, _L2, _L3, _L4, _L5, _L6, _L7, _L8 = (
    np.float32(value)
    for value in (
        7.0376836292e-2,
        -1.1514610310e-1,
        1.1676998740e-1,
        -1.2420140846e-1,
        1.4249322787e-1,
        -1.6668057665e-1,
        2.0000714765e-1,
        -2.4999993993e-1,
        3.3333331174e-1,
    )
)
#: Beyond this tanh is 1 in float32.
_FLAT = np.float32(7.90531110763549805)
_A1, _A3, _A5, _A7, _A9, _A11, _A13 = (
    np.float32(value)
    for value in (
        4.89352455891786e-03,
        6.37261928875436e-04,
        1.48572235717979e-05,
        5.12229709037114e-08,
        -8.60467152213735e-11,
        2.00018790482477e-13,
        -2.76076847742355e-16,
    )
)
_B0, _B2, _B4, _B6 = (
    np.float32(value)
    for value in (4.89352518554385e-03, 2.26843463243900e-03, 1.18534705686654e-04, 1.19825839466702e-06)
)
_NO_NUMBER = np.float32(np.nan)
#: Rows that are judged at once.
_TURNED = 64
_BIAS, _MANTISSA = np.int32(127), np.int32(23)
_FRACTION, _HALF_BITS = np.int32(0x007FFFFF), np.int32(0x3F000000)


@inlined
def exp_below(x):  # type: ignore[no-untyped-def]
    """Return the exponential of ``x`` <= 0; no number gives no number."""
    bounded = _LOWEST if x < _LOWEST else x
    power = np.floor(bounded * _LOG2_E + _HALF)
    rest = (bounded - power * _LN2_HIGH) - power * _LN2_LOW
    series = ((((_E0 * rest + _E1) * rest + _E2) * rest + _E3) * rest + _E4) * rest + _E5
    scale = np.int32((np.int32(power if power <= _0 else _0) + _BIAS) << _MANTISSA).view(np.float32)
    value = (series * (rest * rest) + rest + _1) * scale
    return _0 if x < _LOWEST else value


@inlined
def log_above(x):  # type: ignore[no-untyped-def]
    """Return the logarithm of a normal ``x`` > 0."""
    bits = np.float32(x).view(np.int32)
    power = np.float32((bits >> _MANTISSA) - (_BIAS - np.int32(1)))
    part = np.int32((bits & _FRACTION) | _HALF_BITS).view(np.float32)
    if part < _SQRT_HALF:
        power -= _1
        part = part + part
    z = part - _1
    square = z * z
    series = (((((((_L0 * z + _L1) * z + _L2) * z + _L3) * z + _L4) * z + _L5) * z + _L6) * z + _L7) * z + _L8
    tail = (series * z * square + power * _LN2_LOW) - _HALF * square
    return (z + tail) + power * _LN2_HIGH


@inlined
def softplus_of(x):  # type: ignore[no-untyped-def]
    """Return log(1 + exp(x))."""
    small = exp_below(-abs(x))
    whole = _1 + small
    # What the addition lost is made good (Kahan's logarithm of 1 + x).
    rest = small if whole == _1 else log_above(whole) * (small / (whole - _1))
    return (x if x > _0 else _0) + rest


@compiled("void(f4[::1], f4[::1])")
def tanh_all(x: np.ndarray, out: np.ndarray) -> None:
    """Put tanh of every ``x`` into ``out``."""
    for i in range(len(x)):
        z = x[i]
        z = _FLAT if z > _FLAT else z
        z = -_FLAT if z < -_FLAT else z
        square = z * z
        above = (((((_A13 * square + _A11) * square + _A9) * square + _A7) * square + _A5) * square + _A3) * square
        below = ((_B6 * square + _B4) * square + _B2) * square + _B0
        out[i] = z * (above + _A1) / below


@compiled("void(f4[::1], f4[::1])")
def sqrt_all(x: np.ndarray, out: np.ndarray) -> None:
    """Put the correctly rounded square root of every ``x`` into ``out``; MKL's is not, and depends on the processor."""
    for i in range(len(x)):
        out[i] = np.sqrt(x[i])


@compiled("void(f4[::1], f4[::1])")
def sigmoid_all(x: np.ndarray, out: np.ndarray) -> None:
    """Put 1 / (1 + exp(-x)) of every ``x`` into ``out``."""
    for i in range(len(x)):
        small = exp_below(-abs(x[i]))
        out[i] = (_1 if x[i] >= _0 else small) / (_1 + small)


@compiled("void(f4[::1], f4[::1])")
def softplus_all(x: np.ndarray, out: np.ndarray) -> None:
    """Put log(1 + exp(x)) of every ``x`` into ``out``."""
    for i in range(len(x)):
        out[i] = softplus_of(x[i])


@inlined
def highest_of(row):  # type: ignore[no-untyped-def]
    """Return the largest number of a row and where it first is; one that is no number is larger than any."""
    highest, at = row[0], 0
    for i in range(1, len(row)):
        if row[i] > highest or (row[i] != row[i] and highest == highest):
            highest, at = row[i], i
    return highest, at


@compiled("void(f4[:,::1], f4[:,::1])")
def softmax_rows(x: np.ndarray, out: np.ndarray) -> None:
    """Put the softmax of each row of ``x`` into ``out``."""
    for row in range(x.shape[0]):
        highest = highest_of(x[row])[0]
        total = _0
        for i in range(x.shape[1]):
            out[row, i] = exp_below(x[row, i] - highest)
        for i in range(x.shape[1]):
            total += out[row, i]
        for i in range(x.shape[1]):
            out[row, i] /= total


@inlined
def _highest_of_each(by_class, highest, at):  # type: ignore[no-untyped-def]
    """Put the largest number of each column [classes, rows] and where it first is, as :func:`highest_of` does."""
    for row in range(by_class.shape[1]):
        highest[row], at[row] = by_class[0, row], 0
    for i in range(1, by_class.shape[0]):
        for row in range(by_class.shape[1]):
            value, known = by_class[i, row], highest[row]
            higher = (value > known) | ((value != value) & (known == known))
            highest[row] = value if higher else known
            at[row] = i if higher else at[row]


@inlined
def _exponentials(by_class, highest, total):  # type: ignore[no-untyped-def]
    """Put the sum of exponentials of each column, less its largest number, from the first class to the last."""
    total[:] = _0
    for i in range(by_class.shape[0]):
        for row in range(by_class.shape[1]):
            total[row] += exp_below(by_class[i, row] - highest[row])


@compiled("void(f4[:,::1], i8[::1], b1[::1], f4[::1])")
def judge_rows(logits: np.ndarray, label: np.ndarray, correct: np.ndarray, loss_nats: np.ndarray) -> None:
    """Say of each row of ``logits`` whether its first largest one is that at ``label``, and the cross-entropy."""
    rows, classes = logits.shape
    # Turned round, some rows at a time, vectors lie across rows.
    by_class = np.zeros((classes, _TURNED), np.float32)
    highest, total = np.empty(_TURNED, np.float32), np.empty(_TURNED, np.float32)
    logs = np.empty(_TURNED, np.float32)
    at = np.empty(_TURNED, np.int32)
    for first in range(0, rows, _TURNED):
        here = min(_TURNED, rows - first)
        for i in range(classes):
            for row in range(here):
                by_class[i, row] = logits[first + row, i]
        _highest_of_each(by_class, highest, at)
        _exponentials(by_class, highest, total)
        # Apart from what follows, which looks labels up one by one: so they are taken many at a time.
        for row in range(_TURNED):
            logs[row] = log_above(total[row])
        for row in range(here):
            own = label[first + row]
            correct[first + row] = at[row] == own
            # Without any number, or with infinite ones, a row has no finite loss.
            loss = logs[row] + (highest[row] - by_class[own, row])
            loss_nats[first + row] = loss if total[row] >= _1 else _NO_NUMBER
