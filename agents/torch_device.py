"""Where a fleet's tensors are computed with: the processor, or a GPU that is made to give the same bits every time.

Only playing moves there. What is prepared before t = 0, what is sent, and what is kept stay on the processor.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping

import torch

from agents.contract import BackendError
from agents.environment import variable_set

CPU = torch.device("cpu")

#: cuBLAS gives the same bits twice only with a workspace of its own, which it must hear of before it starts.
_WORKSPACE = ("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
#: Lets torch look for GPUs without waking the driver, which would be dead in a process split off later.
_LOOK_ONLY = ("PYTORCH_NVML_BASED_CUDA_CHECK", "1")
#: Held while that variable is another one than the caller's.
_LOOKING = threading.Lock()


def ready(name: str) -> torch.device:
    """Return the device ``name`` (cpu, cuda, cuda:N), made to give the same bits every time.

    Raises:
        BackendError: torch does not see it here.
    """
    device = torch.device(name)
    if device.type == "cuda":
        require_seen(name)
        _repeat_bits()
    return device


def require_seen(name: str) -> None:
    """Check that torch sees the device ``name`` on this machine.

    Raises:
        BackendError: it does not.
    """
    device, gpus = torch.device(name), seen()
    if device.type == "cuda" and (device.index or 0) >= gpus:
        raise BackendError(f"execution.device: {name} was asked for, but {_lack(gpus)}, or write 'device: cpu'")


def seen() -> int:
    """Return how many GPUs torch sees here."""
    name, value = _LOOK_ONLY
    with _LOOKING, variable_set(name, os.environ.get(name, value)):
        return torch.cuda.device_count() if torch.cuda.is_available() else 0


def gpu_names() -> list[str]:
    """Return what each GPU that torch sees here is called."""
    return [torch.cuda.get_device_name(number) for number in range(seen())]


def name_of(device: torch.device) -> str:
    """Return which kind of device it is: what must be the same for results to be the same."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type


def moved(tensors: Mapping[str, torch.Tensor], device: torch.device) -> dict[str, torch.Tensor]:
    """Return tensors on ``device``; those that are there already are not copied."""
    return {name: values.to(device) for name, values in tensors.items()}


def device_of(tensors: Mapping[str, torch.Tensor]) -> torch.device:
    """Return where some tensors are that are all in one place; no tensors are on the processor."""
    return next((values.device for values in tensors.values()), CPU)


def _lack(gpus: int) -> str:
    if gpus:
        return f"this machine's torch sees {gpus} of them, counted from 0; name one that is there"
    if torch.version.cuda is None:
        return "this machine's torch sees no GPU: it was built without CUDA; install a build that has it"
    return "this machine's torch sees no GPU; look at its driver with nvidia-smi, and at CUDA_VISIBLE_DEVICES"


def _repeat_bits() -> None:
    os.environ.setdefault(*_WORKSPACE)
    torch.use_deterministic_algorithms(True)
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False
