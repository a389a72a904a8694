"""Small nets for devices: a frozen trunk and a head that methods edit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from agents.models.base import Base, Net
from agents.models.cnn import cnn
from agents.models.din import din
from agents.models.gru4rec import gru4rec
from agents.models.head import HeadShape, Layers
from agents.models.logistic import logistic
from agents.models.mlp import mlp
from agents.models.mobilenet import mobilenet_v3_small
from agents.models.sasrec import sasrec
from agents.plugins import is_plugin, load_class

#: Name in a scenario -> (input shape, classes, options) -> architecture.
MODELS: dict[str, Callable[[tuple[int, ...], int, Mapping[str, Any]], Net]] = {
    "mlp": mlp,
    "logistic": logistic,
    "din": din,
    "gru4rec": gru4rec,
    "sasrec": sasrec,
    "cnn": cnn,
    "mobilenet_v3_small": mobilenet_v3_small,
}

__all__ = ["MODELS", "Base", "HeadShape", "Layers", "Net", "make_net"]


def make_net(name: str, input_shape: tuple[int, ...], classes: int, options: Mapping[str, Any]) -> Net:
    """Return the architecture ``name``.

    Raises:
        ValueError: an unknown model or option.
    """
    if is_plugin(name):
        own: Net = load_class(name)(input_shape, classes, options)
        return own
    if name not in MODELS:
        raise ValueError(f"model {name!r} is unknown; known are {', '.join(MODELS)}")
    return MODELS[name](input_shape, classes, options)
