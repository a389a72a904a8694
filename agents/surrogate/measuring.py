"""From every sample of small runs to a table, and what a scenario must have in common with them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from agents.contract import Costs, FleetSpec, InputError, MessageSizes
from agents.surrogate.concepts_in_force import ConceptsInForce
from agents.surrogate.table import EDGES_S, MOST_CONCEPTS, PARTS, SurrogateTable

#: Where the delays of labels are compared.
_QUANTILES = np.array([0.1, 0.5, 0.9])
#: What a surrogate cannot know, and what is asked instead.
_MISSING = {
    "watch": "what triggers look at (detectors, gates, counts of samples); take one that asks by time",
    "rounds": "rounds of the cloud",
    "learns": "devices that learn by themselves",
}

#: Fields of a specification that make accuracy what it is; devices, links, seeds and when they ask may differ.
_COMMON = (
    *("data", "data_options", "model", "model_options", "pretrain", "drift", "duration_s", "references"),
    *("adapter", "adapter_options", "codec", "codec_options", "update_codec", "update_codec_options"),
)


def require_known(spec: FleetSpec) -> None:
    """Check that a surrogate can stand for a data plane.

    Raises:
        InputError: devices learn by themselves, or something looks at samples.
    """
    for name, what in _MISSING.items():
        if getattr(spec, name):
            raise InputError("task.surrogate", f"knows nothing of {what}")
    for cohort in spec.cohorts:
        if cohort.absences is not None or cohort.arrivals == "recorded":
            said = "knows samples that arrive by a law, also while devices are offline"
            raise InputError("task.surrogate", f"{said}; cohort '{cohort.name}' has others")


def common_ground(spec: FleetSpec) -> dict[str, Any]:
    """Return what must be the same in the runs that are measured and in those that are replayed, as plain values."""
    found = {name: getattr(spec, name) for name in _COMMON}
    found["cohorts"] = {
        cohort.name: [
            cohort.interval_s,
            cohort.arrivals,
            cohort.label_share,
            np.asarray(cohort.label_delay(_QUANTILES)).tolist(),
        ]
        for cohort in spec.cohorts
    }
    plain: dict[str, Any] = json.loads(json.dumps(found, default=_plain))
    return plain


def _plain(value: Any) -> Any:
    return vars(value) if hasattr(value, "__dict__") and vars(value) else str(value)


def require_same_ground(table: SurrogateTable, spec: FleetSpec) -> None:
    """Check that a table was measured on what is to be replayed.

    Raises:
        InputError: something differs; the message names it.
    """
    own = common_ground(spec)
    different = [name for name, value in own.items() if table.measured.get(name) != value]
    if different:
        said = f"was measured with other {', '.join(different)}; measure again: 'surrogate FILE --table TABLE'"
        raise InputError("task.surrogate", said)


def empty_table(spec: FleetSpec, concepts: tuple[str, ...], plane: Any) -> SurrogateTable:
    """Return a table in which nothing was counted yet; ``plane`` is the real one.

    Raises:
        InputError: more concepts than a small run can fill, or messages whose size follows from data.
    """
    require_known(spec)
    if len(concepts) > MOST_CONCEPTS:
        raise InputError("drift", f"has {len(concepts)} concepts; a surrogate knows {MOST_CONCEPTS} at most")
    if plane.sizes.from_data:
        raise InputError("method.codec", "makes messages whose size follows from what is in them: no surrogate")
    size, bins = len(concepts), len(EDGES_S)
    sizes = MessageSizes(plane.sizes.payload_bytes, plane.sizes.update_bytes)
    costs = Costs(**vars(plane.costs))
    fixed, deployed = np.zeros((2, size, PARTS, 2)), np.zeros((size, size, bins, bins, 2))
    ground = common_ground(spec)
    return SurrogateTable(concepts, spec.duration_s, fixed, deployed, sizes, costs, plane.expires_s, ground)


def counted(table: SurrogateTable, log: Mapping[str, np.ndarray], truth: Mapping[str, np.ndarray]) -> SurrogateTable:
    """Return the table with the samples of one more run: its log of samples, and its ground truth."""
    concepts = ConceptsInForce(truth)
    device, at_s = log["device"], log["time_s"]
    made_s = at_s - log["age_s"]
    now, _ = concepts.at(device, at_s)
    fixed, deployed = table.fixed.copy(), table.deployed.copy()
    part = np.clip((at_s / table.duration_s * PARTS).astype(np.int64), 0, PARTS - 1)
    for which, name in enumerate(("correct_static", "correct_oracle")):
        _add(fixed[which], (now, part), log[name])
    own = made_s > 0
    then, since_s = concepts.at(device[own], made_s[own])
    fresh, age = (
        EDGES_S.searchsorted(np.maximum(values, 0.0), side="right") - 1
        for values in (made_s[own] - since_s, log["age_s"][own])
    )
    _add(deployed, (now[own], then, fresh, age), log["correct"][own])
    return replace(table, fixed=fixed, deployed=deployed)


def _add(cells: np.ndarray, key: tuple[np.ndarray, ...], right: np.ndarray) -> None:
    flat = np.ravel_multi_index(key, cells.shape[:-1])
    for place, values in enumerate((np.ones(len(flat)), right.astype(float))):
        cells[..., place] += np.bincount(flat, values, cells[..., 0].size).reshape(cells.shape[:-1])
