"""How many channels a scaled MobileNet has."""

from __future__ import annotations

#: Channels come in multiples of this, which processors like.
_MULTIPLE = 8


def scaled(channels: int, factor: float) -> int:
    """Return ``channels * factor`` to the nearest multiple of eight, at least eight, never a tenth below."""
    wanted = channels * factor
    rounded = max(_MULTIPLE, int(wanted + _MULTIPLE / 2) // _MULTIPLE * _MULTIPLE)
    return rounded + _MULTIPLE if rounded < 0.9 * wanted else rounded
