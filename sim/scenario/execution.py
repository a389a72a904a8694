"""``sweep`` and ``execution``: which runs to play, and on what."""

from __future__ import annotations

import re
from collections import Counter
from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import Field, ValidationInfo, model_validator

from sim.scenario.quantities import PositiveSize, Written, choice, quantity
from sim.scenario.sections import SectionModel, refuse
from sim.scenario.sweep_settings import Axes, combined, left_out, misfit_of
from sim.scenario.units import SIZE, TIME, shown

#: As many as a sweep may have runs.
MAX_SEEDS = 10_000


def _read_seeds(value: Any, info: ValidationInfo) -> int | list[int]:
    if type(value) is int and value >= 1:
        if value > MAX_SEEDS:
            raise ValueError(f"asks for {value:,} seeds; {MAX_SEEDS:,} at most")
        return value
    if isinstance(value, list) and value and all(type(seed) is int and seed >= 0 for seed in value):
        if twice := [seed for seed, times in Counter(value).items() if times > 1]:
            raise ValueError(f"names seed {twice[0]} twice: it would be played twice to the same end; name each once")
        return value
    if isinstance(value, list) and value:
        wrong = next(seed for seed in value if type(seed) is not int or seed < 0)
        raise ValueError(f"{shown(wrong)} is no seed; write whole numbers from 0 on")
    raise ValueError(f"{shown(value)} is neither a number of seeds nor a list of them")


def _read_workers(value: Any, info: ValidationInfo) -> int | str:
    if value == "auto" or (type(value) is int and value >= 0):
        return value
    raise ValueError(f"{shown(value)} is no number of workers; write a whole number or auto")


_SEEDS = {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "array", "items": {"type": "integer"}}]}
_WORKERS = {"anyOf": [{"type": "integer", "minimum": 0}, {"const": "auto"}]}


def _read_address(value: Any, info: ValidationInfo) -> str | None:
    if value is None or (isinstance(value, str) and (value in ("auto", "local") or _ADDRESS.fullmatch(value))):
        return value
    raise ValueError(f"{shown(value)} is no address of a Ray cluster; write auto, HOST:PORT or ray://HOST:PORT")


def _read_cpus(value: Any, info: ValidationInfo) -> float:
    if type(value) in (int, float) and 0 < value <= 1024 and (value < 1 or value == int(value)):
        return float(value)
    raise ValueError(f"{shown(value)} is no number of processors; write a whole number, or a part of one such as 0.5")


def _read_device(value: Any, info: ValidationInfo) -> str:
    if isinstance(value, str) and _DEVICE.fullmatch(value):
        # Text of a file knows the file's folder, which must not travel to workers.
        return str(value)
    raise ValueError(f"{shown(value)} is no device to compute on; write cpu, cuda, or cuda:N for one GPU of several")


_DEVICE = re.compile(r"cpu|cuda(:\d{1,3})?")
_ADDRESS = re.compile(r"(ray://)?(\[[0-9A-Fa-f:.]+\]|[^\s:/\[\]]+):\d{1,5}")
_DEVICES = {"type": "string", "pattern": f"^({_DEVICE.pattern})$"}
_CPUS = {"type": "number", "exclusiveMinimum": 0}


Values = Annotated[list[Any], Field(min_length=1)]


class Sweep(SectionModel):
    """Every combination of the grid and of what changes together, but for what is left out; each with every seed."""

    grid: dict[str, Values] = Field(default_factory=dict, description="dotted path -> values, as in --set")
    zip: list[Annotated[dict[str, Values], Field(min_length=1)]] = Field(
        default_factory=list, description="axes that change together: in each entry, dotted path -> as many values"
    )
    exclude: list[Annotated[dict[str, Any], Field(min_length=1)]] = Field(
        default_factory=list, description="combinations that are not played: in each entry, dotted path -> value"
    )
    seeds: Annotated[int | list[int], Written(_read_seeds, lambda v: v, _SEEDS)] = Field(
        default=1, description="how many seeds, from the scenario's own on; or a list"
    )

    def seed_list(self, first: int) -> list[int]:
        """Return the seeds of the sweep; a number counts up from ``first``."""
        return [first + i for i in range(self.seeds)] if isinstance(self.seeds, int) else self.seeds

    @cached_property
    def axes(self) -> Axes:
        """Return the values of each axis, with the settings that are played."""
        whole = combined(self.grid, self.zip)
        return Axes([setting for setting in whole if not left_out(setting, self.exclude)])

    @model_validator(mode="after")
    def _settings_can_be_had(self) -> Self:
        if (wrong := misfit_of(self.grid, self.zip, self.exclude)) is not None:
            raise refuse(wrong[0], *wrong[1])
        return self


def _default_backend(given: dict[str, Any]) -> str:
    return "inline" if given.get("workers", "auto") in (0, "auto") else "ray"


class Execution(SectionModel):
    """Where the data plane works. It changes how long a run takes, and never its result but for ``device``.

    A GPU rounds in another way than a processor: its runs are equal to each other, and close to those of a processor.
    """

    workers: Annotated[int | str, Written(_read_workers, lambda v: v, _WORKERS)] = Field(
        default="auto", description="how many; 0: in process; auto: as many as pay"
    )
    backend: Annotated[str, choice("inline", "ray")] = Field(
        default_factory=_default_backend, description="in this process, or on Ray; default: ray if workers are named"
    )
    address: Annotated[str | None, Written(_read_address, lambda v: v, {"type": ["string", "null"]})] = Field(
        default=None, description="of a Ray cluster: auto, HOST:PORT, ray://HOST:PORT; default: RAY_ADDRESS, else none"
    )
    cloud: Annotated[str, choice("driver", "actor")] = Field(
        default="driver", description="whether the cloud half computes beside the clock, or in a worker of its own"
    )
    device: Annotated[str, Written(_read_device, lambda v: v, _DEVICES)] = Field(
        default="cpu", description="what playing computes on: cpu, cuda, or cuda:N for one GPU of this machine"
    )
    cpus_per_worker: Annotated[float, Written(_read_cpus, lambda v: v, _CPUS)] = Field(
        default=1.0, description="processors that a worker claims of Ray"
    )
    object_store: Annotated[float, quantity(SIZE, zero=False)] = Field(
        default=256e6, description="shared memory of Ray on this machine; what does not fit goes to disk"
    )
    memory: PositiveSize | None = Field(
        default=None,
        description="what states of devices and the cloud may take in a process; default: DRIFTBED_STATE_GB, or 8 GB",
    )
    checkpoint: Annotated[float | str, quantity(TIME, zero=False, words=("auto", "off"))] = Field(
        default="auto", description="wall time between checkpoints; auto: so that they cost at most 2 % of the run"
    )

    @model_validator(mode="after")
    def _in_process_is_alone(self) -> Self:
        if self.backend == "inline" and self.workers not in (0, "auto"):
            raise refuse(f"{self.workers} workers need 'backend: ray'; inline is this process alone", "workers")
        if self.backend == "inline" and self.cloud == "actor":
            raise refuse("a cloud half of its own needs 'backend: ray'; inline is this process alone", "cloud")
        return self
