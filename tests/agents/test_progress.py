"""Preparations tell how far they are, to whoever listens and to nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.build import draw_blueprint
from agents.contract import CohortSpec, FleetSpec
from agents.methods import METHODS
from agents.progress import counted, reporting

#: Methods that teach something before t = 0 in steps that are worth watching.
TAUGHT = ("persona", "duet", "metanetwork", "apg", "solid", "cdc_mmpg", "intellectreq", "static_balanced", "distill")


def test_steps_are_counted_from_one_and_told_to_who_listens() -> None:
    told: list[tuple[str, float]] = []
    with reporting(lambda what, share: told.append((what, share))):
        assert list(counted("something", 4)) == [1, 2, 3, 4]
    assert told == [("something", 0.25), ("something", 0.5), ("something", 0.75), ("something", 1.0)]
    assert list(counted("something", 2)) == [1, 2]
    assert len(told) == 4


def test_an_error_ends_the_listening() -> None:
    told: list[float] = []
    with pytest.raises(ZeroDivisionError), reporting(lambda what, share: told.append(share)):
        raise ZeroDivisionError
    assert list(counted("something", 1)) == [1]
    assert told == []


@pytest.mark.parametrize("adapter", TAUGHT)
def test_a_method_that_teaches_says_how_far_it_is(
    adapter: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRIFTBED_CACHE", str(tmp_path))
    told: list[tuple[str, float]] = []
    draw_blueprint(
        FleetSpec(
            seed=3,
            duration_s=60.0,
            tick_s=10.0,
            data="digits",
            data_options={},
            model="mlp",
            model_options={},
            pretrain={"epochs": 1, "restarts": 1},
            cohorts=(CohortSpec("phones", 2, 1.0, "periodic", 1.0, lambda uniform: 0.0 * uniform),),
            drift=(),
            adapter=adapter,
            adapter_options=METHODS[adapter].quick,
            codec="fp32",
            references=(),
        ),
        lambda what, share: told.append((what, share)),
    )
    taught = [(what, share) for what, share in told if what not in ("base model", "features")]
    assert taught
    assert taught[-1][1] == 1.0
    assert all(0.0 < share <= 1.0 for _, share in taught)
