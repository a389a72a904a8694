"""Scores that DPU is compared with: high means unlike the past. Tables are made of the past, once."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from agents.kernels import dots, product, softmax, sqrt, totals
from agents.methods.dpu.prototypes import begun, unit
from agents.signals.values import energy

Tensors = dict[str, torch.Tensor]
#: Rows of the past that neighbours are looked for among; share of the features' variance in ViM's principal space.
_BANK, _PRINCIPAL = 1024, 0.9


def tables(by: str, rows: torch.Tensor, label: torch.Tensor, logits: torch.Tensor) -> Tensors:
    """Return what a score keeps of the past: ``rows`` [n, F], ``label`` [n], ``logits`` [n, classes]."""
    if by == "knn":
        return {"bank": unit(rows[:_BANK])}
    if by == "mahalanobis":
        return _whitened(rows, label, logits.shape[1])
    if by == "vim":
        return _residual(rows, logits)
    return {}


def _whitened(rows: torch.Tensor, label: torch.Tensor, classes: int) -> Tensors:
    """Return the map that makes the common covariance the identity, and the classes' means behind it."""
    means = begun(rows, label, classes)[0]
    away = (rows - means[label]).double()
    covariance = away.T @ away / len(rows)
    strength, axes = torch.linalg.eigh(covariance + 1e-6 * torch.eye(rows.shape[1], dtype=torch.float64))
    whiten = (axes / strength.clamp_min(1e-9).sqrt()).float()
    return {"whiten": whiten, "means": means @ whiten}


def _residual(rows: torch.Tensor, logits: torch.Tensor) -> Tensors:
    """Return the axes that hold little of the past, and what makes their norm a logit (Wang et al., CVPR 2022)."""
    centre = rows.mean(0)
    # Of a single column torch makes a number.
    covariance = torch.cov((rows - centre).double().T).reshape(rows.shape[1], rows.shape[1])
    strength, axes = torch.linalg.eigh(covariance)
    kept = strength.cumsum(0) / strength.sum().clamp_min(1e-12) <= 1.0 - _PRINCIPAL
    kept[0] = True
    null = axes[:, kept].float()
    norm = ((rows - centre) @ null).norm(dim=1)
    return {"centre": centre, "null": null, "scale": (logits.amax(1).mean() / norm.mean().clamp_min(1e-9))[None]}


def score(
    by: str, kept: Mapping[str, torch.Tensor], rows: torch.Tensor, logits: torch.Tensor, near: int
) -> torch.Tensor:
    """Return the score [devices, n] of ``rows`` [devices, n, F] with their ``logits`` [devices, n, classes]."""
    if by == "msp":
        return 1.0 - softmax(logits).amax(2)
    if by == "energy":
        return energy(logits)
    flat = rows.flatten(0, 1)
    if by == "knn":
        likeness = product(unit(flat)[None], kept["bank"].t().contiguous()[None])[0]
        # Of unit vectors, |a - b|^2 = 2 - 2 <a, b>.
        own = sqrt((2.0 - 2.0 * likeness.topk(min(near, likeness.shape[1]), 1).values[:, -1]).clamp_min(0.0))
    elif by == "mahalanobis":
        white = product(flat[None], kept["whiten"][None])[0]
        own = totals((white[:, None] - kept["means"]).square()).amin(1)
    else:
        null = product((flat - kept["centre"])[None], kept["null"][None])[0]
        virtual = kept["scale"] * sqrt(dots(null[:, None], null)[:, 0])
        own = virtual + energy(logits.flatten(0, 1)).float()
    return own.view(rows.shape[:2])
