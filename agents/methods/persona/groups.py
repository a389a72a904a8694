"""From one adapter to groups: clusters of codes, a prototype head for each, an adapter trained on each prototype."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass

import torch

from agents.methods.past_windows import Contexts, Places, Streams, Windows, noisy, windows_of
from agents.methods.persona.adapter import Adapter, bounded
from agents.methods.persona.options import PersonaOptions
from agents.methods.persona.prototypes import cluster
from agents.methods.persona.training import (
    DEVICES,
    Course,
    Lesson,
    heads_at_once,
    judged_windows,
    teach,
)
from agents.models.base import Base
from agents.models.fitting import fit_heads
from agents.models.training import generator
from agents.seeding import Purpose
from agents.streams.base import History

#: Windows of the past that clusters are made from, and those that groups learn from.
_CLUSTERED, _POOL = 2048, 8192
#: Windows that go through an adapter at once.
_AT_ONCE = 512
#: A cluster with fewer windows than this teaches nothing: its adapter stays the common one.
_FEWEST = 32
#: Group fine-tuning of prototype heads: queries, steps, rate, and what holds them to the base.
_QUERIES, _STEPS, _RATE, _ANCHOR = 1024, 60, 3e-3, 1e-3
#: Windows that an adapter is moved to a prototype by, and how far within the bound its mean edit then is.
_CENTRED, _WITHIN = 512, 0.95
#: Rate of group adapters, as a share of that of the first adapter.
_SLOWER = 1 / 3
#: Quantiles of how far windows lie from their centres.
QUANTILES = 1001


@dataclass(frozen=True)
class _Pool:
    """Places of windows in a past, and which cluster each belongs to."""

    past: Contexts | Streams
    places: Places
    group: torch.Tensor
    distance: torch.Tensor

    def of(self, group: int) -> torch.Tensor:
        return torch.nonzero(self.group == group)[:, 0]


class Groups:
    """Makes the prototypes and the adapters of groups; tensors of the cloud come out."""

    def __init__(self, common: Adapter, history: History, base: Base, options: PersonaOptions, seed: int) -> None:
        self._common, self._base, self._options, self._seed = common, base, options, seed
        self._head = base.head.pack(base.layers)
        self._past, self._validation = windows_of(history.for_adapters, base), windows_of(history.validation, base)

    def made(self) -> dict[str, torch.Tensor]:
        """Return centres, first heads [prototypes, params], adapters, and how far windows lie from centres."""
        options = self._options
        clustered = self._past.places(_CLUSTERED, options.window, self._rng(2))
        codes = self._codes(self._past, clustered)
        centres, group = cluster(codes, options.prototypes, self._seed % 2**32)
        pool = self._pool(self._past, _POOL, centres, 3, options.stale)
        judged = self._pool(self._validation, 2 * judged_windows(self._base.head.params), centres, 4)
        born = self._born(centres, group, clustered, pool)
        adapters = self._adapters(born, pool, judged) if options.edits_served else []
        distances = torch.quantile(judged.distance, torch.linspace(0.0, 1.0, QUANTILES))
        return {"centres": centres, "frozen.born": born, "frozen.distances": distances, **stacked(adapters)}

    def _born(self, centres: torch.Tensor, group: torch.Tensor, clustered: Places, pool: _Pool) -> torch.Tensor:
        """Return the first head of each prototype, [prototypes, params]."""
        if self._options.prototype_from == "centre":
            with torch.no_grad():
                codes = centres.unflatten(1, (len(self._base.head.sizes), -1))
                return self._head + bounded(self._common.generator(codes), self._options.tau)
        if self._options.prototype_from == "fine_tuned":
            return torch.cat([self._fine_tuned(pool, number) for number in range(len(centres))])
        number = torch.bincount(group, minlength=len(centres)).clamp_min(1).unsqueeze(1)
        return self._head + self._summed(self._past, clustered, group, len(centres))[1] / number

    def _fine_tuned(self, pool: _Pool, group: int) -> torch.Tensor:
        """Return the base head fine-tuned on what followed the windows of a group: [1, params]."""
        rows = pool.of(group)
        if not len(rows):
            return self._head
        rng = self._rng(5, group)
        windows = pool.past.at(pool.places.some(rows[:_QUERIES]))
        query, label = windows.query.flatten(0, 1), windows.label.flatten()
        some = torch.randperm(len(label), generator=rng)[:_QUERIES]
        x = noisy(query[some], self._options.noise, rng)
        return fit_heads(self._base.head, self._head, x[None], label[some][None], _STEPS, _RATE, anchor=_ANCHOR)

    def _adapters(self, born: torch.Tensor, pool: _Pool, judged: _Pool) -> list[Adapter]:
        """Return an adapter for each prototype, or the single one, trained on the prototypes' heads."""
        if self._options.adapters == "single":
            return [self._single(born, pool, judged)]
        return [self._of_group(number, head[None], pool, judged) for number, head in enumerate(born)]

    def _of_group(self, group: int, head: torch.Tensor, pool: _Pool, judged: _Pool) -> Adapter:
        rows, judges = pool.of(group), judged.of(group)
        adapter = self._moved(pool, rows[:_CENTRED], head)
        if len(rows) >= _FEWEST:
            exam = Lesson(judged.past.at(judged.places.some(judges)), head)
            if not len(judges):
                exam = Lesson(pool.past.at(pool.places.some(rows[: judged_windows(self._base.head.params)])), head)
            self._teach(adapter, pool, rows, head, exam, self._options.group_steps, group)
        return adapter

    def _single(self, born: torch.Tensor, pool: _Pool, judged: _Pool) -> Adapter:
        rows = torch.arange(len(pool.group))
        adapter = self._moved(pool, rows[:_CENTRED], born[pool.group[rows[:_CENTRED]]].mean(0, keepdim=True))
        exam = Lesson(judged.past.at(judged.places), born[judged.group])
        steps = self._options.group_steps * self._options.prototypes
        self._teach(adapter, pool, rows, born, exam, steps, 0)
        return adapter

    def _teach(
        self,
        adapter: Adapter,
        pool: _Pool,
        rows: torch.Tensor,
        head: torch.Tensor,
        exam: Lesson,
        steps: int,
        group: int,
    ) -> None:
        options, rng = self._options, self._rng(6, group)

        def lesson() -> Lesson:
            some = rows[torch.randint(len(rows), (DEVICES,), generator=rng)]
            return Lesson(pool.past.at(pool.places.some(some)), head if len(head) == 1 else head[pool.group[some]])

        course = Course(steps, options.rate * _SLOWER, options.noise, options.tau)
        named = (
            "single adapter"
            if options.adapters == "single"
            else f"adapter of group {group + 1} of {options.prototypes}"
        )
        teach(adapter, self._base, lesson, exam, course, rng, named)

    def _pool(
        self, past: Contexts | Streams, windows: int, centres: torch.Tensor, use: int, stale: float | None = None
    ) -> _Pool:
        places = past.places(windows, self._options.window, self._rng(use), stale)
        distance, group = torch.cdist(self._codes(past, places), centres).min(1)
        return _Pool(past, places, group, distance)

    @torch.no_grad()
    def _codes(self, past: Contexts | Streams, places: Places) -> torch.Tensor:
        """Return the codes [windows, layers * code] of windows by the common adapter."""
        found = []
        for some in torch.arange(len(places.real)).split(_AT_ONCE):
            windows: Windows = past.at(places.some(some))
            found.append(self._common.codes(windows.window, windows.real).flatten(1))
        return torch.cat(found)

    @torch.no_grad()
    def _moved(self, pool: _Pool, rows: torch.Tensor, head: torch.Tensor) -> Adapter:
        """Return a copy of the common adapter whose edits of ``head`` lead, in the mean, where they led from the base.

        What is moved is the edit before its bound. To move it by the way from one head to the other alone would add
        that way once more wherever the bound binds.
        """
        adapter, tau = deepcopy(self._common), self._options.tau
        if len(rows):
            one = torch.zeros(len(rows), dtype=torch.int64)
            made, edits = (sums[0] / len(rows) for sums in self._summed(pool.past, pool.places.some(rows), one, 1))
            wanted = (edits + (self._head - head)[0]).clamp(-_WITHIN * tau, _WITHIN * tau)
            adapter.generator.move(tau * torch.atanh(wanted / tau) - made)
        return adapter

    @torch.no_grad()
    def _summed(
        self, past: Contexts | Streams, places: Places, group: torch.Tensor, groups: int
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return sums [groups, params] of what windows of each group call for: before the bound of edits, and after."""
        params = self._base.head.params
        made, edits = torch.zeros(2, groups, params)
        for some in torch.arange(len(places.real)).split(heads_at_once(_AT_ONCE, params)):
            windows: Windows = past.at(places.some(some))
            unbounded = self._common(windows.window, windows.real)[1]
            made.index_add_(0, group[some], unbounded)
            edits.index_add_(0, group[some], bounded(unbounded, self._options.tau))
        return made, edits

    def _rng(self, *use: int) -> torch.Generator:
        return generator(self._seed, Purpose.METHOD, *use)


def stacked(adapters: list[Adapter]) -> dict[str, torch.Tensor]:
    """Return the weights of adapters, each tensor stacked, as the cloud keeps them."""
    weights = [one.state_dict() for one in adapters]
    return {f"frozen.group.{name}": torch.stack([one[name] for one in weights]) for name in (weights or [{}])[0]}
