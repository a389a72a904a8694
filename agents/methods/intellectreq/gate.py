"""The gate itself: how likely a device's last answer is wrong by now, as a rank among quiet moments of the past."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from agents.kernels import totals
from agents.methods.base import CloudState
from agents.methods.intellectreq.mapping import DistributionMapper
from agents.methods.intellectreq.mistakes import MistakeDetector, right_loss
from agents.methods.intellectreq.options import IntellectReqOptions
from agents.methods.intellectreq.outliers import COMPARED, FITTED, OUTLIERS
from agents.methods.intellectreq.pairs import Pairs
from agents.methods.kept_module import KeptModule
from agents.models.adam import Adam
from agents.models.training import initialise
from agents.progress import counted

#: Quantiles of scores of the past.
_QUANTILES = 1001
#: Pairs of one training step.
_BATCH = 128
_SCALES, _FITTED, _CALIBRATED = "frozen.gate.scales", "frozen.gate.fitted.", "frozen.gate.quantiles"
_SPREAD, _NOISE = "frozen.gate.spread", "frozen.gate.noise"


class RequestGate:
    """Scores of devices; nets and tables of the gate are part of the cloud, and go to devices once."""

    def __init__(self, options: IntellectReqOptions, state: int, target: int) -> None:
        self._options, self._target = options, target
        self.uncertain = options.by in ("both", "uncertainty")
        self._mapper = KeptModule("gate.mapper", DistributionMapper(state, target, options.width, options.latent))
        self._mistakes = KeptModule("gate.mistakes", self._fresh_mistakes(state))
        self._kept: CloudState = {}

    def _fresh_mistakes(self, state: int) -> MistakeDetector:
        return MistakeDetector(state, self._options.width, self._options.by == "both")

    def made(self, pairs: Pairs, quiet: Pairs, seed: int, rng: torch.Generator) -> CloudState:
        """Return the gate's part of the cloud: trained on ``pairs``, calibrated on ``quiet`` ones."""
        scales = _scales(pairs.state)
        kept: CloudState = {_SCALES: scales}
        kept[_NOISE] = torch.randn(self._options.draws, self._options.latent, generator=rng)
        kept[_SPREAD] = torch.ones(1)
        if self.uncertain:
            target = _scaled(pairs.target, _scales(pairs.target))
            kept |= self._mapper.kept(self._mapped(_scaled(pairs.state, scales), target, rng))
        if self._options.by in OUTLIERS:
            fitted = OUTLIERS[self._options.by][0](_scaled(pairs.state, scales)[:FITTED], seed)
            kept |= {_FITTED + name: values for name, values in fitted.items()}
        self.fill(kept)
        if self.uncertain:
            kept[_SPREAD] = self._spread(_scaled(pairs.state, scales)).mean()[None]
            self.fill(kept)
        if self._options.by in ("both", "mistakes"):
            kept |= self._mistakes.kept(self._detector(pairs, rng))
            self.fill(kept)
        scores = self.scores(quiet.asked, quiet.state)
        return kept | {_CALIBRATED: torch.quantile(scores, torch.linspace(0.0, 1.0, _QUANTILES))}

    def fill(self, cloud: CloudState) -> None:
        """Take the gate from the cloud."""
        self._kept = {name: values for name, values in cloud.items() if name.startswith("frozen.gate.")}
        for part, name in ((self._mapper, "mapper"), (self._mistakes, "mistakes")):
            if any(one.startswith(f"frozen.gate.{name}.") for one in cloud):
                part.of(cloud)

    @torch.no_grad()
    def scores(self, asked: torch.Tensor, state: torch.Tensor) -> torch.Tensor:
        """Return how much each device needs an answer, [devices], in no unit, of states [devices, context]."""
        now, by = _scaled(state, self._kept[_SCALES]), self._options.by
        if by == "random":
            mixed = totals(now * torch.arange(1, now.shape[1] + 1, device=now.device).sqrt())
            return (mixed * 997.0).frac().abs()
        if by in OUTLIERS:
            fitted = {name.removeprefix(_FITTED): one for name, one in self._kept.items() if name.startswith(_FITTED)}
            return OUTLIERS[by][1](fitted, now)
        spread = self._spread(now) if self.uncertain else now.new_zeros(len(now))
        if by == "uncertainty":
            return spread
        right: torch.Tensor = self._mistakes.module(_scaled(asked, self._kept[_SCALES]), now, spread)
        return -right

    def ranks(self, asked: torch.Tensor, state: torch.Tensor) -> torch.Tensor:
        """Return the share of quiet moments of the past that called for an answer less, [devices]."""
        below = torch.searchsorted(self._kept[_CALIBRATED], self.scores(asked, state))
        return below.float() / _QUANTILES

    def compute(self, state: int) -> Any:
        """Compute one decision, for counting; on the ``meta`` device."""
        one = torch.zeros(1, state)
        spread = torch.zeros(1)
        if compared := COMPARED.get(self._options.by):
            return torch.zeros(compared, state) @ one.T
        if self.uncertain:
            mapper = DistributionMapper(state, self._target, self._options.width, self._options.latent)
            mapper.draws(one, torch.zeros(self._options.draws, self._options.latent))
        return self._fresh_mistakes(state)(one, one, spread) if self._options.by in ("both", "mistakes") else one

    def _spread(self, now: torch.Tensor) -> torch.Tensor:
        spread: torch.Tensor = self._mapper.module.spread(now, self._kept[_NOISE])  # type: ignore[operator]
        return spread / self._kept[_SPREAD]

    def _mapped(self, state: torch.Tensor, target: torch.Tensor, rng: torch.Generator) -> DistributionMapper:
        mapper = DistributionMapper(state.shape[1], self._target, self._options.width, self._options.latent)
        initialise(mapper, rng)
        latent = self._options.latent

        def loss(some: torch.Tensor) -> torch.Tensor:
            noise = torch.randn(len(some), latent, generator=rng)
            return mapper.loss(state[some], target[some], noise)

        return _taught(mapper, loss, len(state), self._options, rng)

    def _detector(self, pairs: Pairs, rng: torch.Generator) -> MistakeDetector:
        detector = self._fresh_mistakes(pairs.state.shape[1])
        initialise(detector, rng)
        scales = self._kept[_SCALES]
        asked, state = _scaled(pairs.asked, scales), _scaled(pairs.state, scales)
        with torch.no_grad():
            spread = self._spread(state) if self.uncertain else torch.zeros(len(state))

        def loss(some: torch.Tensor) -> torch.Tensor:
            return right_loss(detector(asked[some], state[some], spread[some]), pairs.right[some])

        return _taught(detector, loss, len(state), self._options, rng)


def _taught(module: Any, loss: Any, rows: int, options: IntellectReqOptions, rng: torch.Generator) -> Any:
    """Train a module in place on random rows, and return it."""
    optimiser = Adam(module.parameters(), options.rate)
    for _ in counted("gate", options.steps):
        optimiser.zero_grad()
        loss(torch.randint(rows, (_BATCH,), generator=rng)).backward()
        nn.utils.clip_grad_norm_(module.parameters(), 5.0)
        optimiser.step()
    return module.eval().requires_grad_(False)


def _scales(values: torch.Tensor) -> torch.Tensor:
    """Return the mean and the deviation of columns, [2, columns]; 1 where nothing deviates."""
    deviation = values.std(0)
    return torch.stack([values.mean(0), torch.where(deviation > 0, deviation, 1.0)])


def _scaled(state: torch.Tensor, scales: torch.Tensor) -> torch.Tensor:
    return (state - scales[0]) / scales[1]
