"""LSC4Rec: collaboration of a large and a small recommender.

"Collaboration of Large Language Models and Small Recommendation Models for Device-Cloud Recommendation" (Lv et al.,
KDD 2025, arXiv 2501.05647). Recent clicks go up; a large recommender, which knows long histories but not the newest
past of a user, answers with a list; the small one on the device, which sees every click, ranks by both. The gate is how
far the two rankings of the list disagree by now, device by device (the published code asks for whole batches of users).

What is not in the list ranks behind it: candidates that a scenario samples were not chosen by the cloud.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from math import inf

import torch

from agents.cache import cached, fingerprint
from agents.codecs.message import Field
from agents.contract import Costs
from agents.kernels import sigmoid
from agents.methods.base import (
    CloudState,
    Context,
    Deployed,
    DeviceState,
    Inputs,
    Payload,
    Recent,
    Updates,
    Who,
    in_chunks,
)
from agents.methods.kept_module import KeptModule
from agents.methods.lsc4rec.fusion import disagreement, fused
from agents.methods.lsc4rec.large import LargeRecommender, best
from agents.methods.lsc4rec.options import Lsc4RecOptions
from agents.methods.lsc4rec.past_clicks import lessons, sequences
from agents.methods.lsc4rec.t5 import T5Recommender, digest_of
from agents.models.adam import Adam
from agents.models.base import Base
from agents.models.costs import multiply_adds
from agents.models.fitting import fit_heads
from agents.models.ranking import RankingTrunk, ScoringHead
from agents.models.training import generator, initialise, one_thread
from agents.progress import counted
from agents.seeding import Purpose
from agents.streams.base import History

#: Lists of the past that a head is fitted to, candidates beside each clicked item, and what holds it to the base.
_LISTS, _BESIDE, _ANCHOR = 1024, 19, 1e-2
_LIST, _HEAD = "list", "head"


class Lsc4Rec(Deployed):
    """See :class:`Lsc4RecOptions`."""

    name, sees = "lsc4rec", "raw"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        if not isinstance(self.head, ScoringHead):
            raise ValueError(f"'lsc4rec' ranks items; '{self.net.name}' does not: write for example 'model: sasrec'")
        self.options: Lsc4RecOptions = context.options
        self._items, self._clicks = int(self.net.options["items"]), int(self.net.options["window"])
        if self.options.candidates > self._items:
            raise ValueError(f"candidates: {self.options.candidates} is more than there are items: {self._items}")
        # Windows of clicks that do not overlap, from the newest back, make up the history.
        self._parts = -(-self.options.history // self._clicks)
        self.window = (self._parts - 1) * self._clicks + 1
        number = "int16" if self._items < 2**15 else "int32"
        self.payload_fields = (Field("clicks", (self.options.history,), number),)
        self.update_fields = (Field(_LIST, (self.options.candidates,), number),)
        self._large, self._trunk = KeptModule("large", self._fresh_large()), KeptModule("trunk", self.net.build_trunk())

    def _fresh_large(self, seed: int = 0) -> LargeRecommender | T5Recommender:
        one = self.options
        if one.large == "t5":
            return T5Recommender(self._items, one.large_width, one.large_layers, one.large_heads, one.weights, seed)
        return LargeRecommender(self._items, one.history, one.large_width, one.large_layers, one.large_heads)

    @property
    def costs(self) -> Costs:
        if isinstance(self._large.module, T5Recommender):
            return replace(super().costs, each=self._large.module.multiply_adds(self.options.history))
        with torch.device("meta"):
            large, clicks = self._fresh_large(), torch.zeros(1, self.options.history, dtype=torch.int64)
        return replace(super().costs, each=multiply_adds(lambda: large(clicks)))

    def prepare(self, history: History, base: Base, seed: int) -> CloudState:
        options = asdict(self.options)
        key = {
            "what": self.name,
            "options": {name: one for name, one in options.items() if name not in ("fusion", "weights")},
            "weights": "" if self.options.weights is None else digest_of(self.options.weights),
            "base": base.digest(),
            "seed": seed,
            "history": fingerprint(history.tensors()),
        }
        with one_thread():
            made = cached(key, lambda: self._made(history, base, seed))
        return {**made, **self._trunk.kept(base.trunk)}

    def _made(self, history: History, base: Base, seed: int) -> CloudState:
        rng = generator(seed, Purpose.METHOD, 0)
        large, users = self._fresh_large(seed), sequences(history.train, self._clicks, self.options.unseen)
        if isinstance(large, LargeRecommender):
            initialise(large, rng)
        optimiser = Adam(large.parameters(), self.options.rate, fused=True)
        for _ in counted("large recommender", self.options.steps):
            optimiser.zero_grad()
            large.loss(*lessons(users, self.options.batch, self.options.history, rng)).backward()
            torch.nn.utils.clip_grad_norm_(large.parameters(), 5.0)
            optimiser.step()
        kept = self._large.kept(large.eval())
        head = base.head.pack(base.layers)
        if self.options.training == "collaborative":
            head = self._on_lists(head, kept, history, base, rng)
        return kept | {_HEAD: head}

    def _on_lists(
        self, head: torch.Tensor, cloud: CloudState, history: History, base: Base, rng: torch.Generator
    ) -> torch.Tensor:
        """Return the head fitted to clicks of the past among items that the large recommender would rather have."""
        some = torch.randperm(len(history.train.x), generator=rng)[:_LISTS]
        ids, label = history.train.x[some].long(), history.train.label[some]
        window, clicked = ids[:, : self._clicks], ids[:, self._clicks :].gather(1, label[:, None])
        with torch.no_grad():
            most = min(_BESIDE, self._items - 1)
            beside = best(self._scores(cloud, self._newest(window)), most + 1)
        # The clicked item stands first; the last of the list makes place for it where it is not in the list.
        other = beside != clicked
        kept = other & (other.cumsum(1) <= most)
        listed = torch.cat([clicked, beside[kept].view(len(ids), most)], 1)
        features = base.features(torch.cat([window, listed], 1))[None]
        truth = torch.zeros(1, len(ids), dtype=torch.int64)
        steps, rate = self.options.collaborative_steps, self.options.rate
        return fit_heads(base.head, head, features, truth, steps, rate, anchor=_ANCHOR)

    def _newest(self, clicks: torch.Tensor) -> torch.Tensor:
        """Return the newest clicks [rows, history] of right padded ones [rows, n], right padded with 0."""
        length = (clicks > 0).sum(1, keepdim=True)
        first = (length - self.options.history).clamp_min(0)
        places = first + torch.arange(self.options.history, device=clicks.device)
        return clicks.gather(1, places.clamp_max(clicks.shape[1] - 1)) * (places < length)

    def _scores(self, cloud: CloudState, clicks: torch.Tensor) -> torch.Tensor:
        scores: torch.Tensor = self._large.of(cloud)(clicks)
        return scores

    def start(self, cloud: CloudState, devices: int) -> DeviceState:
        self._trunk.of(cloud)
        none = torch.zeros(devices, self.options.candidates, dtype=torch.int32, device=cloud[_HEAD].device)
        return {**self.head.unpack(cloud[_HEAD].repeat(devices, 1)), _LIST: none}

    def predict(self, state: DeviceState, inputs: Inputs) -> torch.Tensor:
        logits = super().predict(state, inputs)
        if self.options.fusion == 5:
            return logits
        candidates = inputs.raw[..., self._clicks :]
        rank = self._ranks(state[_LIST]).gather(1, candidates.flatten(1)).view_as(candidates)
        scores = fused(self.options.fusion, rank, sigmoid(logits), self.options.candidates)
        # A device without a list ranks by itself.
        return torch.where((state[_LIST] > 0).any(1)[:, None, None], scores, logits)

    def _ranks(self, listed: torch.Tensor) -> torch.Tensor:
        """Return the place of every item in lists [devices, n], from 1; one more than the last where it is in none."""
        length = listed.shape[1]
        ranks = torch.full((len(listed), self._items + 1), length + 1, device=listed.device)
        places = torch.arange(1, length + 1, device=listed.device).expand_as(listed)
        ranks.scatter_(1, listed.long(), places)
        ranks[:, 0] = length + 1
        return ranks

    def collect(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, Payload]:
        number = getattr(torch, self.payload_fields[0].dtype)
        return state, {"clicks": self.history(recent).to(number)}

    def history(self, recent: Recent) -> torch.Tensor:
        """Return the latest clicks of devices, int64 [tickets, history], oldest first, right padded with 0."""
        windows = recent.raw[..., : self._clicks]
        newest = (recent.count - 1).clamp_min(0)
        parts = []
        for back in reversed(range(self._parts)):
            at = newest - back * self._clicks
            part = windows.gather(1, at.clamp_min(0).view(-1, 1, 1).expand(-1, 1, self._clicks))[:, 0]
            parts.append(part * (at >= 0).unsqueeze(1))
        whole = torch.cat(parts, 1)
        order = (whole == 0).long().sort(dim=1, stable=True).indices
        return self._newest(whole.gather(1, order))

    def adapt(self, cloud: CloudState, payloads: Payload, who: Who) -> tuple[CloudState, Updates]:
        number = getattr(torch, self.update_fields[0].dtype)

        @torch.no_grad()
        def listed(rows: Payload) -> Updates:
            clicks = rows["clicks"].long()
            found = best(self._scores(cloud, clicks), self.options.candidates)
            return {_LIST: (found * (clicks > 0).any(1)[:, None]).to(number)}

        answered: Callable[[Payload], Updates] = listed
        with one_thread():
            # The products of transformers are those of torch, whose bits depend on what is beside a row.
            alone = self.options.large == "t5"
            return cloud, in_chunks(answered, payloads, 1) if alone else in_chunks(answered, payloads)

    def install(self, state: DeviceState, updates: Updates) -> DeviceState:
        return {_LIST: updates[_LIST].int()}

    @torch.no_grad()
    def gate(self, state: DeviceState, recent: Recent) -> torch.Tensor:
        trunk, listed = self._trunk.module, state[_LIST].long()
        assert isinstance(trunk, RankingTrunk)
        newest = (recent.count - 1).clamp_min(0).view(-1, 1, 1)
        clicks = recent.raw[..., : self._clicks].gather(1, newest.expand(-1, 1, self._clicks))[:, 0]
        features = trunk.join(trunk.users(clicks), trunk.targets(listed))
        scores = self.head.forward(state, features[:, None])[:, 0]
        rank = torch.arange(listed.shape[1], device=listed.device).expand_as(listed)
        gates = disagreement(rank, scores, listed > 0)
        # Who has no list asks; who has seen nothing has nothing to ask with.
        gates = torch.where((listed > 0).any(1), gates, inf)
        return torch.where(recent.count > 0, gates, -inf)
