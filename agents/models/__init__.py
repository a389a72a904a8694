"""Small nets for devices: a frozen trunk and a head that methods edit. One row of the table each.

The table imports no torch; :mod:`agents.models.making` builds a net.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from agents.contract.component import Component, NoOptions
from agents.models.channels import scaled
from agents.models.options import (
    CnnOptions,
    LargeMobileNetOptions,
    LateFusionOptions,
    MlpOptions,
    MobileNetOptions,
)
from agents.models.view_columns import ONE_VIEW, wrong_columns

__all__ = ["MODELS", "ONE_VIEW", "ModelRow", "wrong_columns"]


@dataclass(frozen=True)
class ModelRow(Component):
    """One net.

    Attributes:
        pretrain: how it is trained before t = 0 where a scenario says nothing.
        columns: from its options, the numbers of an input and the views of a sample to how many features its trunk
            gives; None: only the built net knows.
    """

    pretrain: Mapping[str, Any] = field(default_factory=dict)
    columns: Callable[[Any, int, int], int] | None = None


def _hidden(own: MlpOptions | CnnOptions, inputs: int, views: int) -> int:
    """Return the size of the layer below the head."""
    return own.hidden[-own.layers]


def _mobile(own: MobileNetOptions, inputs: int, views: int) -> int:
    return own.hidden if own.layers == 1 else scaled(own.last, own.width)


_CLASSES, _ITEMS, _IMAGES = frozenset({"classes"}), frozenset({"items"}), frozenset({"classes", "images"})
#: Has a head of dense layers that can be taken apart; `dense`: so is the rest of the net; `views`: knows those of data;
#: `longest`: clicks that it can read at once.
_LAYERS = frozenset({"layers"})
_CONVOLUTIONAL: dict[str, Any] = {"epochs": 15, "rate": 1e-3, "fading": True}
#: 205 clicks, each beside four other items, are the usual 1,024 rows.
_RANKING: dict[str, Any] = {"epochs": 12, "batch": 205, "rate": 1e-3}

#: Name in a scenario -> net.
MODELS: dict[str, ModelRow] = {
    "mlp": ModelRow(
        MlpOptions, "agents.models.mlp:mlp", needs=_CLASSES, gives=_LAYERS, traits={"dense": True}, columns=_hidden
    ),
    "logistic": ModelRow(
        NoOptions,
        "agents.models.logistic:logistic",
        needs=_CLASSES,
        traits={"dense": True},
        summary="Multinomial logistic regression on the raw inputs.",
        columns=lambda own, inputs, views: inputs,
    ),
    "late_fusion": ModelRow(
        LateFusionOptions,
        "agents.models.late_fusion:late_fusion",
        needs=_CLASSES,
        gives=_LAYERS,
        quick={"branch": [8], "hidden": [8]},
        traits={"views": True},
        columns=lambda own, inputs, views: (views or 1) * own.branch[-1],
    ),
    "cnn": ModelRow(
        CnnOptions,
        "agents.models.cnn:cnn",
        needs=_IMAGES,
        gives=_LAYERS,
        quick={"channels": [4], "hidden": [8, 8]},
        pretrain=_CONVOLUTIONAL,
        columns=_hidden,
    ),
    "mobilenet_v3_small": ModelRow(
        MobileNetOptions,
        "agents.models.mobilenet:mobilenet_v3_small",
        paper="Howard et al., Searching for MobileNetV3, ICCV 2019",
        needs=_IMAGES,
        gives=_LAYERS,
        quick={"width": 0.5, "hidden": 16},
        pretrain=_CONVOLUTIONAL,
        columns=_mobile,
    ),
    "mobilenet_v3_large": ModelRow(
        LargeMobileNetOptions,
        "agents.models.mobilenet:mobilenet_v3_large",
        paper="Howard et al., Searching for MobileNetV3, ICCV 2019",
        needs=_IMAGES,
        gives=_LAYERS,
        quick={"width": 0.25, "hidden": 16},
        pretrain=_CONVOLUTIONAL,
        columns=_mobile,
    ),
    "din": ModelRow(
        NoOptions,
        "agents.models.din:din",
        paper="Zhou et al., Deep Interest Network, KDD 2018",
        needs=_ITEMS,
        summary="Deep interest network.",
        pretrain=_RANKING,
    ),
    "gru4rec": ModelRow(
        NoOptions,
        "agents.models.gru4rec:gru4rec",
        paper="Hidasi et al., Session-based recommendations with recurrent neural networks, ICLR 2016",
        needs=_ITEMS,
        summary="Recurrent recommender.",
        pretrain=_RANKING,
    ),
    "sasrec": ModelRow(
        NoOptions,
        "agents.models.sasrec:sasrec",
        paper="Kang and McAuley, Self-attentive sequential recommendation, ICDM 2018",
        needs=_ITEMS,
        summary="Self-attentive recommender.",
        pretrain=_RANKING,
        traits={"longest": 1024},
    ),
}
