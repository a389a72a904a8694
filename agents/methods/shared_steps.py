"""Labelled fine-tuning of a batch of devices with so many steps for all of them, shared out by short trials."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from agents.methods.cloud_ft_options import CloudFtOptions
from agents.methods.head_fitting import Labelled, fitted
from agents.methods.step_allocation import fitted_curves, handed_out
from agents.models.head import HeadShape

#: Every how many rows one is kept from the trial, to judge it by.
_KEPT = 3
#: Looks at a trial, and parts that an equal share of the steps behind it is cut into.
_LOOKS, _PARTS = 5, 4
#: Equal shares that one device may get at most.
_MOST_SHARES = 4


def fitted_together(
    head: HeadShape, start: torch.Tensor, rows: Labelled, options: CloudFtOptions, past: Labelled | None
) -> torch.Tensor:
    """Return heads [devices, params]: each with the steps that its trial earned, or as it was where that is none.

    All together take ``steps`` times devices, trials included.
    """
    steps = steps_earned(head, start, rows, options, past)
    made = start.expand(len(rows.label), -1).clone()
    for number in sorted(set(steps.tolist()) - {0}):
        some = torch.from_numpy(np.flatnonzero(steps == number)).to(made.device)
        mine = Labelled(rows.features[some], rows.label[some])
        made[some] = fitted(head, made[some], mine, _steps(options, number), past)
    return made


def steps_earned(
    head: HeadShape, start: torch.Tensor, rows: Labelled, options: CloudFtOptions, past: Labelled | None
) -> np.ndarray:
    """Return how many steps each device gets behind the trials, int64 [devices]."""
    looks, seen = trials(head, start, rows, options, past)
    left = options.steps - options.tried
    parts = min(_PARTS, left)
    ahead = np.arange(_MOST_SHARES * parts + 1) * (left / parts)
    curves = fitted_curves(looks, seen)
    given = handed_out(curves.at(ahead), parts * len(seen))
    return np.asarray((given * left) // parts)


def trials(
    head: HeadShape, start: torch.Tensor, rows: Labelled, options: CloudFtOptions, past: Labelled | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return after how many steps a trial was looked at [looks], and what was seen: [devices, looks].

    A device is judged by the mean probability of the right class on every third of its labels, which its trial leaves
    out: it is smoother than the share of right answers, which few labels count in large steps.
    """
    judging = (torch.arange(rows.label.shape[1], device=rows.label.device) % _KEPT) == 0
    lesson = _with_labels(rows, torch.where(judging, -1, rows.label))
    exam = torch.where(judging, rows.label, -1)
    looks = np.unique(np.linspace(0, options.tried, _LOOKS).round().astype(int))
    made = [start.expand(len(rows.label), -1)]
    made += [fitted(head, start, lesson, _steps(options, int(number)), past) for number in looks[1:]]
    return looks.astype(float), np.stack([_right(head, one, rows.features, exam) for one in made], axis=1)


def _steps(options: CloudFtOptions, number: int) -> CloudFtOptions:
    """Return the options of a plain fit of so many steps."""
    return replace(options, steps=number, allocation="fair", trial=0)


def _with_labels(rows: Labelled, label: torch.Tensor) -> Labelled:
    """Return the same rows with other labels."""
    return Labelled(rows.features, label)


def _right(head: HeadShape, packed: torch.Tensor, features: torch.Tensor, label: torch.Tensor) -> np.ndarray:
    """Return the mean probability of the labels [devices]; 1 where there is none, which nothing can improve."""
    known = label >= 0
    sure = head.forward(head.unpack(packed), features).softmax(2).gather(2, label.clamp_min(0)[..., None])[..., 0]
    mean = (sure * known).sum(1) / known.sum(1).clamp_min(1)
    return torch.where(known.any(1), mean, torch.ones_like(mean)).double().cpu().numpy()
