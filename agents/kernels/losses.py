"""The loss of classifications, sample by sample."""

from __future__ import annotations

import numpy as np
import torch

from agents.kernels import functions


def log_loss(logits: torch.Tensor, label: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return which rows of ``logits`` [samples, classes] are first largest at ``label``, and the cross-entropy [nats].

    Rows are float32 on a processor; ``label`` is int64 [samples].
    """
    correct, loss_nats = np.empty(len(label), np.bool_), np.empty(len(label), np.float32)
    rows = logits.detach().contiguous().numpy()
    functions.judge_rows(rows, label.contiguous().numpy(), correct, loss_nats)
    return torch.from_numpy(correct), torch.from_numpy(loss_nats)
