"""torch's settings, which belong to the process or to a thread: those that runs need, and those that were there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class ProcessSettings:
    """What a run changes for the whole process.

    Attributes:
        threads: how many torch computes with.
        kind: of new tensors.
        repeatable: whether operations must give the same bits twice; ``tuned`` whether cuDNN looks for the fastest.
        tf32: whether products, and convolutions, may round to TF32.
    """

    threads: int
    kind: torch.dtype
    repeatable: tuple[bool, bool]
    tuned: bool
    tf32: tuple[bool, bool]

    @classmethod
    def now(cls) -> ProcessSettings:
        """Return what is set."""
        cudnn = torch.backends.cudnn
        return cls(
            torch.get_num_threads(),
            torch.get_default_dtype(),
            (torch.are_deterministic_algorithms_enabled(), bool(cudnn.deterministic)),
            bool(cudnn.benchmark),
            (torch.backends.cuda.matmul.allow_tf32, bool(cudnn.allow_tf32)),
        )

    @classmethod
    def replaced(cls) -> ProcessSettings:
        """Return what is set; from now on new tensors are of single precision, as every run takes them to be."""
        before = cls.now()
        torch.set_default_dtype(torch.float32)
        return before

    def set(self) -> None:
        """Set what was there before."""
        torch.set_num_threads(self.threads)
        torch.set_default_dtype(self.kind)
        repeatable, torch.backends.cudnn.deterministic = self.repeatable
        torch.use_deterministic_algorithms(repeatable)
        torch.backends.cudnn.benchmark = self.tuned
        torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = self.tf32


@contextmanager
def usual_modes() -> Iterator[None]:
    """Compute as a fresh thread does: a caller may be without gradients, within autocast, or on a GPU by default."""
    with ExitStack() as modes:
        modes.enter_context(torch.inference_mode(mode=False))
        modes.enter_context(torch.enable_grad())
        for kind in ("cpu", "cuda"):
            if torch.is_autocast_enabled(kind):
                modes.enter_context(torch.autocast(kind, enabled=False))
        if torch.get_default_device().type != "cpu":
            modes.enter_context(torch.device("cpu"))
        yield
