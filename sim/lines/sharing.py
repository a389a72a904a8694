"""Who meets whom: the fluids of the ``ps`` and ``lcfs`` lines of one direction."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import cache
from math import inf
from typing import Any

from sim.clock import Clock
from sim.lines.disciplines import DISCIPLINES
from sim.lines.fluid import Fluid
from sim.lines.line import Line
from sim.network.maxmin import MaxMinNetwork
from sim.network.rates import Constant, Rate


class Sharing:
    """A bottleneck by itself has a law for each instance; links that messages cross together form a network.

    A private access line of constant rate that carries one message at a time is a cap on its flow, not a link:
    that spares the network a link for every device.
    """

    def __init__(
        self,
        scenario: Any,
        direction: str,
        clock: Clock,
        lines: Mapping[str, Line],
        runs: Sequence[Sequence[str]],
    ) -> None:
        self._scenario, self._direction, self._clock, self._lines = scenario, direction, clock, lines
        # One fluid for all cohorts that use the line: they share it with each other, too.
        self._alone = cache(self._make_alone)
        joined = [run for run in runs if len(run) > 1]
        self._caps = {name: cap for run in joined for name in run if (cap := self._cap_bps(name)) < inf}
        self._joined = {name for run in joined for name in run}
        self._network: Fluid | None = None
        if joined:
            rates: dict[Hashable, Rate] = {
                (name, instance): lines[name].spec.rate_of(instance)
                for name in sorted(self._joined - self._caps.keys())
                for instance in range(lines[name].instances)
            }
            self._network = Fluid(clock, MaxMinNetwork(rates))

    def fluid_of(self, run: Sequence[str]) -> Callable[[int], Fluid]:
        """Return the fluid that carries a device's messages over a run of lines."""
        if self._network is not None and run[0] in self._joined:
            network = self._network
            return lambda device: network
        line = self._lines[run[0]]
        return lambda device: self._alone(run[0], line.instance_of(device))

    def terms_of(self, run: Sequence[str], cohort: str) -> Callable[[int], dict[str, Any]]:
        """Return what the law is told about a flow of a device of ``cohort``."""
        if DISCIPLINES[self._scenario.links[run[0]].discipline].per_source:
            return lambda device: {"source": device}
        weights = (self._scenario.links[name].weights.get(cohort) for name in run)
        weight = next((weight for weight in weights if weight is not None), 1.0)
        if run[0] not in self._joined:
            alike = {"weight": weight}
            return lambda device: alike
        links = [(name, self._lines[name]) for name in run if name not in self._caps]
        cap_bps = min((self._caps[name] for name in run if name in self._caps), default=inf)

        def terms(device: int) -> dict[str, Any]:
            path = [(name, line.instance_of(device)) for name, line in links]
            return {"weight": weight, "path": path, "cap_bps": cap_bps}

        return terms

    def _make_alone(self, name: str, instance: int) -> Fluid:
        """Return the fluid of one instance of a line that shares with no other, whoever's messages it carries."""
        law = DISCIPLINES[self._scenario.links[name].discipline].load_law()
        return Fluid(self._clock, law(self._lines[name].spec.rate_of(instance)))

    def _cap_bps(self, name: str) -> float:
        """Return the constant rate of a private line that never carries two messages at once, else ``inf``."""
        spec = self._lines[name].spec
        rate = spec.rate_of(0)
        alone = self._scenario.method.in_flight != "replace"
        return rate.bps if spec.group == 1 and alone and isinstance(rate, Constant) else inf
