"""driftbed from Python: simulate, compare, draw; scenarios as objects; callbacks while a run goes on.

>>> import driftbed as db
>>> run = db.simulate("quickstart", set={"links.lte.up": "32 kbit/s"}, seeds=5)  # doctest: +SKIP
>>> run.frame("windows"), run.compare(), run.plot("response")  # doctest: +SKIP

What one builds on has the same names in a clone and installed: ``driftbed.agents.methods.base``,
``driftbed.sim.triggers.base``. This face is cheap to import: torch and pandas come with the first use.
"""

from __future__ import annotations

import random
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

#: Name -> module and attribute, imported by the first use.
HOMES = {
    "__version__": "sim.program:VERSION",
    "simulate": "driftbed.simulating:simulate",
    "open": "driftbed.results:open_result",
    "Result": "driftbed.results:Result",
    "Scenario": "driftbed.scenarios:Scenario",
    "ScenarioErrors": "sim.scenario.problems:ScenarioErrors",
    "RunError": "analysis.folder:RunError",
    "FolderError": "sim.run.output_folder:FolderError",
    "Watcher": "sim.run.watching:Watcher",
    "Moment": "sim.run.watching:Moment",
    "TensorBoard": "driftbed.trackers.tensorboard:TensorBoard",
    "WandB": "driftbed.trackers.wandb_offline:WandB",
    "MLflow": "driftbed.trackers.mlflow_store:MLflow",
}

__all__ = list(HOMES)

#: A clone: its folders lie beside this one.
_IN_CLONE = not (Path(__file__).parent / "sim").is_dir()
if _IN_CLONE:
    import_module("driftbed.clone").install()


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"module 'driftbed' has no attribute {name!r}")
    if _IN_CLONE and (clash := import_module("driftbed.clone").clash()):
        raise ImportError(f"{clash}, or install driftbed with 'pip install .', which clashes with nothing")
    module, _, attribute = HOMES[name].partition(":")
    if module not in sys.modules:
        _import_quietly(module)
    return getattr(sys.modules[module], attribute)


def _import_quietly(module: str) -> None:
    """Import a module; rich draws of ``random`` as it is imported, and the caller's next draw must not hear of it."""
    state = random.getstate()
    try:
        import_module(module)
    finally:
        random.setstate(state)


def __dir__() -> list[str]:
    return sorted({*globals(), *HOMES})
