"""The door of a clone: the command line of driftbed. Without arguments it sweeps ``scenarios/quickstart.yaml``.

What is installed is the command ``driftbed``, which does the same; the options of both are in
``sim/commands/options``, the commands in ``sim/commands``.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

_ENVIRONMENT = 3
#: What is missing where another Python than that of the environment is called.
_NEEDED = ("matplotlib", "numba", "numpy", "pandas", "pyarrow", "pydantic", "rich", "scipy", "simpy", "torch", "yaml")
_OWN = ".venv/bin/python run_sim.py"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    from driftbed.clone import clash

    if wrong := clash():
        print(wrong, file=sys.stderr)
        return _ENVIRONMENT
    from sim.commands.line import main as carry_out

    try:
        return carry_out(arguments, "run_sim.py")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in _NEEDED:
            raise
        print(
            f"{sys.executable} has no '{error.name}': call {_OWN}, or install what is needed: "
            "python3 -m venv .venv && .venv/bin/pip install -c constraints.txt -e .",
            file=sys.stderr,
        )
        return _ENVIRONMENT


if __name__ == "__main__":
    sys.exit(main())
