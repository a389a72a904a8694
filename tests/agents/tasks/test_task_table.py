from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from agents.contract import FleetSpec
from agents.streams.base import BlockId
from agents.tasks.making import make_task

SpecMaker = Callable[..., FleetSpec]


#: Tasks that need no file; those that read one keep the contract in tests of their own.
EMBEDDED = ("digits", "gaussians", "sea", "hyperplane", "synthetic_interactions")


@pytest.mark.parametrize("name", EMBEDDED)
def test_every_task_keeps_the_contract(name: str, fleet_spec: SpecMaker) -> None:
    task = make_task(fleet_spec(data=name))
    assert task.concepts == ("original",)
    past = task.history().train
    # Candidates to train on are fewer than those to be judged.
    assert past.x.shape[1:] == task.input_shape or task.net_options
    assert len(past.x) == len(past.label) == len(past.concept)
    assert int(past.label.max()) == (task.classes - 1 if not task.net_options else 4)
    assert len(task.changes(BlockId(0, 0, 5))) == 5


def test_an_unknown_task_is_refused_with_what_is_known(fleet_spec: SpecMaker) -> None:
    with pytest.raises(ValueError, match="'digit' is unknown; known are digits, "):
        make_task(fleet_spec(data="digit"))


def test_the_table_costs_no_torch() -> None:
    code = "import sys, agents.tasks; sys.exit('torch' in sys.modules or 'sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
