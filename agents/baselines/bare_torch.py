"""The arithmetic of a run alone, on batches that lie ready in memory: no stream, no time, no message, no table."""

from __future__ import annotations

from collections.abc import Callable

import torch

from agents.baselines.shared_setup import BaselineSetup, Stopwatch, report
from agents.methods.base import Recent, Who

#: Shape of a batch: what a block of devices predicts at once, sixteen samples each.
DEVICES, SAMPLES = 256, 16
#: Exchanges that are adapted to at once.
_EXCHANGES = 1024


def forward(
    setup: BaselineSetup, seconds: float, whole: bool, samples_an_exchange: int | None = None
) -> dict[str, float]:
    """Push batches [256 devices, 16 samples] through a net with a head for each device, for some seconds.

    There are as many inputs and heads as the fleet has devices, so that a processor's cache helps no more than it
    helps a run. ``whole``: trunk and heads; else the heads alone, on features that lie ready. After each so many
    ``samples_an_exchange`` the method adapts to one window and a device installs the answer, 1,024 at a time.
    """
    batches = max(1, setup.spec.devices // DEVICES)
    images = setup.task.pool(0)
    chosen = torch.arange(batches * DEVICES * SAMPLES) * 7919 % len(images)
    inputs = images[chosen].view(batches, DEVICES, SAMPLES, *setup.task.input_shape)
    heads = [_heads(setup) for _ in range(batches)]
    onsets = inputs if whole else torch.stack([setup.base.features(batch) for batch in inputs])

    def step(index: int) -> torch.Tensor:
        x = setup.base.features(onsets[index]) if whole else onsets[index]
        return setup.base.head.forward(heads[index], x)

    if samples_an_exchange is None:
        return _repeated(step, batches, seconds)
    exchange, due = _exchanges(setup, images), 0

    def step_and_exchange(index: int) -> None:
        nonlocal due
        step(index)
        due += DEVICES * SAMPLES
        while due >= _EXCHANGES * samples_an_exchange:
            due -= _EXCHANGES * samples_an_exchange
            exchange()

    return _repeated(step_and_exchange, batches, seconds)


def _exchanges(setup: BaselineSetup, images: torch.Tensor) -> Callable[[], object]:
    """Return what adapts to 1,024 windows of images that lie ready, and installs the answers."""
    method, window = setup.method, max(1, setup.method.window)
    shown = images[torch.arange(_EXCHANGES * window) * 7919 % len(images)].view(_EXCHANGES, window, *images.shape[1:])
    label = torch.zeros(_EXCHANGES, window, dtype=torch.int64)
    recent = Recent(setup.base.features(shown), label, torch.full((_EXCHANGES,), window), raw=shown)
    state, payloads = method.collect(method.start(setup.cloud, _EXCHANGES), recent)
    number = torch.arange(_EXCHANGES)
    who = Who(number, number, number.double(), number)
    return lambda: method.install(state, method.adapt(setup.cloud, payloads, who)[1])


def _heads(setup: BaselineSetup) -> dict[str, torch.Tensor]:
    return {name: values.repeat(DEVICES, 1, 1) for name, values in setup.base.layers.items()}


def _repeated(step: Callable[[int], object], batches: int, seconds: float) -> dict[str, float]:
    for index in range(batches):
        step(index)
    watch, done = Stopwatch.started(), 0
    while watch.read(0)["cpu_s"] < seconds:
        for index in range(batches):
            step(index)
        done += batches
    return watch.read(done * DEVICES * SAMPLES)


if __name__ == "__main__":
    report(forward)
