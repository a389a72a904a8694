"""The door of a clone: the command line of driftbed. Without arguments it sweeps ``scenarios/quickstart.yaml``.

What is installed is the command ``driftbed``, which does the same; the options of both are in
``sim/commands/options``, the commands in ``sim/commands``.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

_ENVIRONMENT = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    from driftbed.clone import clash

    if wrong := clash():
        print(wrong, file=sys.stderr)
        return _ENVIRONMENT
    from sim.commands.line import main as carry_out

    return carry_out(arguments, "run_sim.py")


if __name__ == "__main__":
    sys.exit(main())
