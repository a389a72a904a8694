"""What Ray does to the process that starts it, kept within bounds: signals, mutterings, and what its children find."""

from __future__ import annotations

import os
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile

import numpy as np
import ray
import torch

from agents.environment import variable_set

#: The package that this module is in, and the folder in which it is found: that of a clone, or of what is installed.
PACKAGE = Path(str(sys.modules[__name__.partition(".")[0]].__file__)).resolve().parent
ROOT = PACKAGE.parent
IN_CLONE = (ROOT / "run_sim.py").is_file()


@contextmanager
def own_signals() -> Iterator[None]:
    """Let this process hear signals as before: Ray installs its own handlers, which end it with a trace."""
    heard = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            for number, hearer in heard.items():
                signal.signal(number, hearer)


@contextmanager
def captured_output() -> Iterator[None]:
    """Keep what Ray's native code mutters away from our stderr, and listen for the one thing it does not raise."""
    sys.stderr.flush()
    ours = os.dup(2)
    with TemporaryFile() as muttered:
        os.dup2(muttered.fileno(), 2)
        try:
            yield
        except ConnectionError as error:
            muttered.seek(0)
            if b"InvalidAuthToken" in muttered.read():
                raise ConnectionError("its authentication token is missing here, or another one") from error
            raise
        finally:
            os.dup2(ours, 2)
            os.close(ours)


@contextmanager
def importable() -> Iterator[None]:
    """Let processes that start meanwhile find this project, from wherever it is used."""
    if ROOT.name == "site-packages":
        # Every process of this environment finds it, and none should find this folder before Python's own.
        yield
        return
    before = os.environ.get("PYTHONPATH")
    with variable_set("PYTHONPATH", os.pathsep.join(filter(None, [str(ROOT), before]))):
        yield


def register_tensors() -> None:
    """Let every message of this process carry tensors as arrays."""
    ray.util.register_serializer(torch.Tensor, serializer=_as_array, deserializer=_as_tensor)


def _as_array(tensor: torch.Tensor) -> np.ndarray:
    array: np.ndarray = tensor.detach().cpu().numpy()
    return array


def _as_tensor(array: np.ndarray) -> torch.Tensor:
    """Return a tensor over the very memory of ``array``, which for large ones is shared and must not be written."""
    with warnings.catch_warnings():
        # torch has no read-only tensors and warns; no code here writes to what came in a message.
        warnings.simplefilter("ignore", UserWarning)
        return torch.from_numpy(array)
