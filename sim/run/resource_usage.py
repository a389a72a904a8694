"""What a run costs on this machine: wall time, processor time and memory. It does not affect the run."""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path

#: Where Linux reports the memory of a process.
_STATUS = Path("/proc/self/status")


class ResourceUsage:
    """Counts from construction; ``start`` ends the preparation (training before t = 0, tables, blocks)."""

    def __init__(self) -> None:
        self._began_s = self._started_s = time.monotonic()
        self._started_cpu_s = time.process_time()

    def start(self) -> None:
        """Count as simulation from now on."""
        self._started_s, self._started_cpu_s = time.monotonic(), time.process_time()

    def read(self) -> dict[str, float]:
        """Return wall and processor seconds so far, and the memory of this process, its workers not counted."""
        now_s = time.monotonic()
        return {
            "wall_s": now_s - self._began_s,
            "prepare_wall_s": self._started_s - self._began_s,
            "play_wall_s": now_s - self._started_s,
            "play_cpu_s": time.process_time() - self._started_cpu_s,
            "resident_bytes": _memory_bytes("VmRSS"),
            "peak_bytes": _memory_bytes("VmHWM"),
        }


def _memory_bytes(name: str) -> int:
    """Return what the process holds (``VmRSS``) or held at most (``VmHWM``); only the latter is known everywhere."""
    if _STATUS.exists():
        # The resource module would also count what the process held before it became this program.
        lines = _STATUS.read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(name)) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
