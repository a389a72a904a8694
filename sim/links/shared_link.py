"""Which messages share a fluid: the ``ps`` and ``lcfs`` links of one direction."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from math import inf
from typing import Any

from sim.kernel.calendar import Clock
from sim.links.disciplines import DISCIPLINES
from sim.links.fluid_link import Fluid
from sim.links.link import Link
from sim.network.maxmin import MaxMinNetwork
from sim.network.rates.rate import Constant, Rate


class SharedLinks:
    """A bottleneck by itself has a law for each instance; links that messages cross together form a network.

    A private access link of constant rate that carries one message at a time is a cap on its flow, not a link:
    that spares the network a link for every device.
    """

    def __init__(
        self,
        scenario: Any,
        direction: str,
        clock: Clock,
        links: Mapping[str, Link],
        runs: Sequence[Sequence[str]],
    ) -> None:
        self._scenario, self._direction, self._clock, self._links = scenario, direction, clock, links
        # One fluid for all cohorts that use the link: they share it with each other, too.
        self._alone: dict[tuple[str, int], Fluid] = {}
        joined = [run for run in runs if len(run) > 1]
        self._caps = {name: cap for run in joined for name in run if (cap := self._cap_bps(name)) < inf}
        self._joined = {name for run in joined for name in run}
        self._network: Fluid | None = None
        if joined:
            rates: dict[Hashable, Rate] = {
                (name, instance): links[name].spec.rate_of(instance)
                for name in sorted(self._joined - self._caps.keys())
                for instance in range(links[name].instances)
            }
            self._network = Fluid(clock, MaxMinNetwork(rates))

    def fluid_of(self, run: Sequence[str]) -> Callable[[int], Fluid]:
        """Return the fluid that carries a device's messages over consecutive links."""
        if self._network is not None and run[0] in self._joined:
            network = self._network
            return lambda device: network
        link = self._links[run[0]]
        return lambda device: self._fluid_alone(run[0], link.instance_of(device))

    def flow_parameters_of(self, run: Sequence[str], cohort: str) -> Callable[[int], dict[str, Any]]:
        """Return the parameters that the law takes for a flow of a device of ``cohort``."""
        if DISCIPLINES[self._scenario.links[run[0]].discipline].per_source:
            return lambda device: {"source": device}
        weights = (self._scenario.links[name].weights.get(cohort) for name in run)
        weight = next((weight for weight in weights if weight is not None), 1.0)
        if run[0] not in self._joined:
            alike = {"weight": weight}
            return lambda device: alike
        links = [(name, self._links[name]) for name in run if name not in self._caps]
        cap_bps = min((self._caps[name] for name in run if name in self._caps), default=inf)

        def flow_parameters(device: int) -> dict[str, Any]:
            path = [(name, link.instance_of(device)) for name, link in links]
            return {"weight": weight, "path": path, "cap_bps": cap_bps}

        return flow_parameters

    def _fluid_alone(self, name: str, instance: int) -> Fluid:
        if (name, instance) not in self._alone:
            self._alone[name, instance] = self._make_alone(name, instance)
        return self._alone[name, instance]

    def _make_alone(self, name: str, instance: int) -> Fluid:
        """Return the fluid of one instance of a link that shares with no other, for messages of any device."""
        discipline = DISCIPLINES[self._scenario.links[name].discipline].load_law()
        return Fluid(self._clock, discipline(self._links[name].spec.rate_of(instance)))

    def _cap_bps(self, name: str) -> float:
        """Return the constant rate of a private link that never carries two messages at once, else ``inf``."""
        spec = self._links[name].spec
        rate = spec.rate_of(0)
        alone = self._scenario.method.in_flight != "replace"
        return rate.bps if spec.group == 1 and alone and isinstance(rate, Constant) else inf
