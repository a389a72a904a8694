"""All families of components: what a scenario can choose from, kind by kind."""

from __future__ import annotations

from collections.abc import Mapping

from agents.codecs import CODECS
from agents.contract.component import Component
from agents.detectors import DETECTORS
from agents.drift.transforms import TRANSFORMS
from agents.models import MODELS
from agents.signals import SIGNALS
from agents.tasks import TASKS
from agents.tasks.drift_kinds import DRIFTS
from sim.links.disciplines import DISCIPLINES
from sim.network.losses import LOSSES
from sim.network.rates import RATES
from sim.queues import QUEUES
from sim.scenario.claims import CLAIMS
from sim.scenario.probe import ADAPTERS
from sim.triggers import TRIGGERS

#: Name of a family -> its table.
FAMILIES: dict[str, Mapping[str, Component]] = {
    "methods": ADAPTERS,
    "triggers": TRIGGERS,
    "codecs": CODECS,
    "models": MODELS,
    "tasks": TASKS,
    "drifts": DRIFTS,
    "disciplines": DISCIPLINES,
    "queues": QUEUES,
    "detectors": DETECTORS,
    "signals": SIGNALS,
    "transforms": TRANSFORMS,
    "rates": RATES,
    "losses": LOSSES,
    "claims": CLAIMS,
}
#: Name of a family -> where in a scenario one of it is chosen.
PLACES: dict[str, str] = {
    "methods": "method.adapter",
    "triggers": "method.trigger",
    "codecs": "method.codec",
    "models": "task.model",
    "tasks": "task.data",
    "disciplines": "links.*.discipline",
    "queues": "cloud.queue",
    "detectors": "method.trigger.detector.detector",
    "signals": "method.trigger.detector.signal",
    "drifts": "drift.*",
    "transforms": "concepts.*",
    "rates": "links.*.up",
    "losses": "links.*.loss",
    "claims": "claims.*",
}
