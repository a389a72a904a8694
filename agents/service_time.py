"""``service: measured``: the cloud half serves payloads from the past, and its time is fitted as ``a + b n``."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from statistics import median

import numpy as np
import torch
from scipy.optimize import nnls

from agents.codecs.base import fresh
from agents.contract.costs import ServiceTime
from agents.methods.base import CloudState, Method, Payload, Recent
from agents.methods.old_forms import state_and_payload
from agents.models.base import Base
from agents.models.ranking import SHOWN, ScoringHead
from agents.streams.base import History

#: Requests that are served together when it is measured, and how often each is repeated.
SIZES, REPEATS = (1, 8, 64), 9


def past_payloads(method: Method, history: History, base: Base, cloud: CloudState) -> Payload:
    """Return payloads as on the wire, one ticket a row: windows of the past, handed over by fresh devices."""
    tickets = max(SIZES)
    recent = past_windows(method, history, base, tickets)
    _, payload = state_and_payload(method.name, method.collect(method.start(cloud, tickets), recent))
    memory = fresh(method.payload_codec, method.payload_fields, "sender", tickets)
    return method.payload_codec.encode(method.payload_fields, payload, memory)[0]


def past_windows(method: Method, history: History, base: Base, tickets: int) -> Recent:
    """Return windows of the past as devices would see them: as many as there are ``tickets``."""
    past, window = history.for_adapters, max(method.window, 1)
    first = torch.arange(tickets) * max(len(past.label) - window, 1) // tickets
    rows = (first[:, None] + torch.arange(window)) % len(past.label)
    raw = past.x[rows.flatten()]
    features = base.features(raw)[:, : base.head.shown].view(tickets, window, -1)
    # Of a decision few candidates are shown; which of them was clicked makes no difference to the time.
    known = past.label % SHOWN if isinstance(base.head, ScoringHead) else past.label
    label = known[rows] if method.needs_labels else torch.full_like(rows, -1)
    cut, count = slice(0, method.window), torch.full((tickets,), method.window)
    return Recent(features[:, cut], label[:, cut], count, raw=raw.view(tickets, window, *raw.shape[1:])[:, cut])


def measure(serve: Callable[[int], None], sizes: Sequence[int] = SIZES, repeats: int = REPEATS) -> ServiceTime:
    """Return how long ``serve(n)`` takes, fitted on medians; sizes take turns, and the first turn does not count."""
    walls_s: dict[int, list[float]] = {size: [] for size in sizes}
    for turn in range(repeats + 1):
        for size in sizes:
            began = time.perf_counter()
            serve(size)
            if turn:
                walls_s[size].append(time.perf_counter() - began)
    return fit([(size, median(walls)) for size, walls in walls_s.items()])


def fit(measured: Sequence[tuple[int, float]]) -> ServiceTime:
    """Return the line, nowhere falling nor negative, with the least squared relative errors."""
    requests, seconds = (np.array(column, float) for column in zip(*measured, strict=True))
    (fixed_s, each_s), _ = nnls(np.stack([1.0 / seconds, requests / seconds], axis=1), np.ones(len(seconds)))
    return ServiceTime(float(fixed_s), float(each_s), tuple(measured))
