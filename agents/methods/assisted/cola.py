"""Devices share what they learn of domains.

Chen et al., "Cross-device collaborative test-time adaptation", NeurIPS 2024. A domain is a vector, the change of the
scales and shifts of normalisation, and the statistics of the features it was learnt from. A device answers with the
base, plus the vectors that the cloud has, weighed by how near their statistics are to its own, plus a rest that it
learns by lower entropy. With ``rate: 0`` a device follows: forward passes alone. When its features have moved away,
the rest is forgotten. It differs from the paper in two ways. Weights follow likeness for all devices; there those that
learn fit them too. And what a device has learnt is blended into the vector of its domain at each request; there it is
stored as a new one when a shift is seen.
"""

from __future__ import annotations

from dataclasses import replace

import torch

from agents.codecs.message import Field
from agents.contract import Costs
from agents.kernels import product, softmax, totals
from agents.methods.assisted.options import ColaOptions
from agents.methods.base import CloudState, Context, DeviceState, Payload, Recent, Updates, Who
from agents.methods.test_time.entropy import mean_weight, real_rows
from agents.methods.test_time.normalising import chosen, one_step
from agents.methods.test_time.tent import Descending
from agents.models.base import Base
from agents.streams.base import History

_VECTORS, _DOMAINS, _THERE = "shared.vectors", "shared.domains", "shared.there"
_REST, _SEEN, _LEARNT = "rest", "seen", "learnt"
#: Share of a window in the statistics that a device keeps, and of a new vector in the one that the cloud has.
_FOLLOWS, _BLENDS = 0.2, 0.3
#: Variance that any feature has at least, and divergence that any two domains have.
_VARIANCE, _NEAREST = 1e-3, 1e-4


class Cola(Descending):
    """See :class:`ColaOptions`."""

    name = "cola"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.options: ColaOptions = context.options
        if self.mixing.norm != "features":
            raise ValueError("adapter: cola shares domains of features; write 'norm: features'")
        self.width, vectors = self.head.dims[0], self.options.vectors
        both = 2 * self.width
        self.payload_fields = (Field("vector", (both,)), Field("domain", (both,)), Field(_LEARNT, (), "uint8"))
        self.update_fields = (
            Field("vectors", (vectors, both)),
            Field("domains", (vectors, both)),
            Field("there", (vectors,), "uint8"),
        )

    @property
    def costs(self) -> Costs:
        backward = self.norms.backward_macs if self.options.rate else 0.0
        each = float(self.options.vectors * 2 * self.width)
        return replace(super().costs, learning=self.norms.forward_macs + backward, each=each)

    def prepare(self, history: History, base: Base, seed: int) -> CloudState:
        fresh, vectors = super().prepare(history, base, seed), self.options.vectors
        return {
            **fresh,
            _VECTORS: torch.zeros(1, vectors, 2 * self.width),
            _DOMAINS: torch.zeros(1, vectors, 2 * self.width),
            _THERE: torch.zeros(1, vectors, dtype=torch.uint8),
            "shared.used": torch.zeros(1, vectors, dtype=torch.int64),
            "shared.asks": torch.zeros(1, 1, dtype=torch.int64),
            _REST: torch.zeros(1, 2 * self.width),
            _SEEN: torch.cat([fresh["norm.mean"], fresh["norm.var"]], 2)[:, 0],
            _LEARNT: torch.zeros(1, dtype=torch.uint8),
        }

    def known(self, cloud: CloudState) -> CloudState:
        return {"vectors": cloud[_VECTORS], "domains": cloud[_DOMAINS]}

    def start(self, cloud: CloudState, devices: int) -> DeviceState:
        return super().start(
            {name: cloud[name] for name in cloud if name not in ("shared.used", "shared.asks")}, devices
        )

    def learn(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, torch.Tensor]:
        window = _domain_of(recent)
        moved = _divergence(state[_SEEN], window) > self.options.apart
        seen = torch.where(moved[:, None], window, (1.0 - _FOLLOWS) * state[_SEEN] + _FOLLOWS * window)
        rest = torch.where(moved[:, None], 0.0, state[_REST])
        now = self._fused({**state, _SEEN: seen, _REST: rest})
        passed, _ = self.passed(now, recent, lambda found: mean_weight(found.real))
        slope = torch.cat([passed.slopes[name][:, 0] for name in self.norms.affine], 1)
        later = self._fused({**now, _REST: rest - self.options.rate * slope})
        names = (_SEEN, _REST, *self.norms.affine)
        learnt = {_LEARNT: torch.full_like(state[_LEARNT], int(self.options.rate > 0))}
        own = {name: later[name] for name in names} | passed.statistics | learnt
        return {**state, **chosen(recent.count > 0, own, state)}, one_step(recent)

    def collect(self, state: DeviceState, recent: Recent) -> tuple[DeviceState, Payload]:
        gamma, beta = (state[name][:, 0] for name in self.norms.affine)
        vector = torch.cat([gamma - 1.0, beta], 1)
        return state, {"vector": vector, "domain": state[_SEEN].contiguous(), _LEARNT: state[_LEARNT].contiguous()}

    def adapt(self, cloud: CloudState, payloads: Payload, who: Who) -> tuple[CloudState, Updates]:
        sent = []
        for row in range(len(who)):
            one = {name: values[row] for name, values in payloads.items()}
            cloud = self._blended(cloud, one) if one[_LEARNT] else cloud
            sent.append((cloud[_VECTORS][0], cloud[_DOMAINS][0], cloud[_THERE][0]))
        vectors, domains, there = (torch.stack(parts) for parts in zip(*sent, strict=True))
        return cloud, {"vectors": vectors, "domains": domains, "there": there}

    def install(self, state: DeviceState, updates: Updates) -> DeviceState:
        shared = {_VECTORS: updates["vectors"], _DOMAINS: updates["domains"], _THERE: updates["there"]}
        # What the vectors have of this domain is no rest any more.
        fresh = {_REST: torch.zeros_like(state[_REST])} if self.options.rate else {}
        return self._fused({**state, **shared, **fresh})

    def weights(self, state: DeviceState) -> torch.Tensor:
        """Return how much each vector counts, [devices, vectors]; they add up to one where there is any."""
        far = _divergence(state[_SEEN][:, None], state[_DOMAINS])
        near = 1.0 / ((far + _NEAREST) * self.options.sharpness)
        there = state[_THERE].bool()
        return softmax(torch.where(there, near, -1e9).contiguous()) * there

    def _fused(self, state: DeviceState) -> DeviceState:
        """Return the state that answers with base, vectors and rest."""
        vectors = product(self.weights(state)[:, None].contiguous(), state[_VECTORS].contiguous())[:, 0]
        gamma, beta = (vectors + state[_REST]).unsqueeze(1).split(self.width, 2)
        return {**state, **dict(zip(self.norms.affine, (1.0 + gamma, beta), strict=True))}

    def _blended(self, cloud: CloudState, one: Payload) -> CloudState:
        """Return the cloud after a vector came: it moves that of its domain, or takes the place longest unused."""
        vectors, domains, there, used = (cloud[name].clone() for name in (_VECTORS, _DOMAINS, _THERE, "shared.used"))
        asks = cloud["shared.asks"] + 1
        far = torch.where(there[0].bool(), _divergence(one["domain"][None], domains[0]), torch.inf)
        near = float(far.min()) <= self.options.apart
        place, share = (int(far.argmin()), _BLENDS) if near else (int(used[0].argmin()), 1.0)
        vectors[0, place] += share * (one["vector"] - vectors[0, place])
        domains[0, place] += share * (one["domain"] - domains[0, place])
        there[0, place], used[0, place] = 1, asks[0, 0]
        return {**cloud, _VECTORS: vectors, _DOMAINS: domains, _THERE: there, "shared.used": used, "shared.asks": asks}


def _domain_of(recent: Recent) -> torch.Tensor:
    """Return mean and variance of the features of windows, [devices, 2 F]."""
    share = mean_weight(real_rows(recent.count, recent.features.shape[1])).unsqueeze(1)
    columns = recent.features.transpose(1, 2)
    mean = totals((columns * share).contiguous())
    away = (columns - mean.unsqueeze(2)).square()
    return torch.cat([mean, totals((away * share).contiguous())], 1)


def _divergence(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """Return the symmetric divergence of normal features, averaged over them; the last axis is mean, variance."""
    (m1, v1), (m2, v2) = one.chunk(2, -1), other.chunk(2, -1)
    v1, v2, apart = v1 + _VARIANCE, v2 + _VARIANCE, (m1 - m2).square()
    each = (v1 + apart) / (2.0 * v2) + (v2 + apart) / (2.0 * v1) - 1.0
    return totals(each.contiguous()) / each.shape[-1]
