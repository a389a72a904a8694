"""Options that change nothing where another one stands as it does are refused by name, and all others are taken."""

from __future__ import annotations

from typing import Any

import pytest

from agents.contract.component import OptionError
from agents.methods import METHODS

WITHOUT: list[tuple[str, dict[str, Any], str]] = [
    ("metanetwork", {"trunk": "joint", "noise": 0.3}, "noise"),
    ("duet", {"trunk": "joint", "noise": 0.3}, "noise"),
    ("duet", {"generators": 1, "temperature": 2.0}, "temperature"),
    ("cdc_mmpg", {"uplink": "window", "reasoner": "none"}, "reasoner"),
    ("cdc_mmpg", {"uplink": "window", "reason": 0.5}, "reason"),
    ("cdc_mmpg", {"reasoner": "none", "reason": 0.5}, "reason"),
    ("solid", {"branch": 0.0, "book": "fixed"}, "book"),
    ("lsc4rec", {"collaborative_steps": 9}, "collaborative_steps"),
    ("lsc4rec", {"weights": "somewhere"}, "weights"),
    ("intellectreq", {"by": "random", "steps": 9}, "steps"),
    ("intellectreq", {"by": "lof", "draws": 9}, "draws"),
    ("intellectreq", {"by": "mistakes", "latent": 9}, "latent"),
    ("dpu", {"by": "energy", "moves": "mean"}, "moves"),
    ("dpu", {"by": "vim", "near": 5}, "near"),
    ("dpu", {"moves": "none", "sure": 0.5}, "sure"),
]


@pytest.mark.parametrize(("name", "given", "refused"), WITHOUT, ids=str)
def test_an_option_without_effect_is_refused_by_name(name: str, given: dict[str, Any], refused: str) -> None:
    options = METHODS[name].options
    with pytest.raises(OptionError, match="has no effect with '") as caught:
        options(**given)
    assert caught.value.option == (refused,)
    # As it is by default it stands in every scenario that is written out.
    options(**{**given, refused: getattr(options(), refused)})


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("duet", {"trunk": "joint", "stale": 0.0, "temperature": 2.0}),
        ("duet", {"noise": 0.3}),
        ("cdc_mmpg", {"uplink": "window", "anchor": "newest"}),
        ("cdc_mmpg", {"reasoner": "none", "anchor": "newest"}),
        ("solid", {"branch": 0.0, "uplink": "whole"}),
        ("lsc4rec", {"training": "collaborative", "collaborative_steps": 9}),
        ("intellectreq", {"by": "mistakes", "width": 9, "steps": 9, "rate": 0.1}),
        ("intellectreq", {"by": "isolation_forest", "pairs": 99}),
        ("dpu", {"by": "knn", "near": 5, "views": (3, 4)}),
    ],
    ids=str,
)
def test_what_has_an_effect_is_taken(name: str, given: dict[str, Any]) -> None:
    options = METHODS[name].options(**given)
    assert {key: getattr(options, key) for key in given} == given


def test_heads_share_a_width_evenly() -> None:
    with pytest.raises(OptionError, match="does not divide 'large_width: 50'") as caught:
        METHODS["lsc4rec"].options(large_width=50, large_heads=4)
    assert caught.value.option == ("large_heads",)
