"""What a frozen trunk makes of data that are known beforehand: a slow trunk sees them once on a machine."""

from __future__ import annotations

from collections.abc import Callable

import torch

from agents.cache import cached, fingerprint
from agents.models.base import Base

#: Rows pushed through a trunk at once: few, so that they stay in the cache; fixed, as a GPU rounds by shape.
_ROWS = 256


def known_features(base: Base, raw: torch.Tensor) -> torch.Tensor:
    """Return :func:`trunk_features`; a trunk that is slow enough to need passes of its own runs once on a machine."""
    if base.net.rows is None:
        return trunk_features(base, raw)
    key = {"what": "features", "base": base.digest(), "raw": fingerprint([raw])}
    return cached(key, lambda: {"features": trunk_features(base, raw)})["features"]


def trunk_features(base: Base, raw: torch.Tensor) -> torch.Tensor:
    """Return features float32 [rows, F] of raw inputs [rows, *input_shape], in passes of a fixed shape."""
    # Nets that want passes make them themselves, without a copy of all images.
    return in_passes(base.features, raw) if base.net.rows is None else base.features(raw)


@torch.no_grad()
def in_passes(compute: Callable[[torch.Tensor], torch.Tensor], raw: torch.Tensor) -> torch.Tensor:
    """Return ``compute`` of all rows of ``raw``, always so many at once."""
    rows = raw.shape[0]
    # Only the last pass is padded: a copy of all images would double what they take.
    last = raw.new_zeros(_ROWS, *raw.shape[1:])
    whole = (rows - 1) // _ROWS * _ROWS if rows else 0
    last[: rows - whole] = raw[whole:]
    passes = [compute(part) for part in (*raw[:whole].split(_ROWS), last) if len(part)]
    return torch.cat(passes)[:rows].clone()
