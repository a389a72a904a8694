"""Torch on its own: the net's forward pass on batches that lie ready in memory, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import torch

from agents.baselines.shared_setup import BaselineSetup, Stopwatch, report

#: Shape of a batch: what a block of devices predicts at once, sixteen samples each.
DEVICES, SAMPLES = 256, 16


def forward(setup: BaselineSetup, seconds: float, whole: bool) -> dict[str, float]:
    """Push batches [256 devices, 16 samples] through a net with a head for each device, for some seconds.

    There are as many inputs and heads as the fleet has devices, so that a processor's cache helps no more than it
    helps a run. ``whole``: trunk and heads; else the heads alone, on features that lie ready.
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

    return _repeated(step, batches, seconds)


def _heads(setup: BaselineSetup) -> dict[str, torch.Tensor]:
    return {name: values.repeat(DEVICES, 1, 1) for name, values in setup.base.layers.items()}


def _repeated(step: Callable[[int], torch.Tensor], batches: int, seconds: float) -> dict[str, float]:
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
