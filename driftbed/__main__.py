"""The command ``driftbed``."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

_CLONE = Path(__file__).resolve().parents[1]
_ENVIRONMENT = 3


def main() -> int:
    """Carry out the command that this process was started with; return its exit code."""
    if (_CLONE / "run_sim.py").is_file():
        # Installed for editing: other distributions have packages of the same names.
        sys.path.insert(0, str(_CLONE))
        if clash := import_module("driftbed.clone").clash():
            print(clash, file=sys.stderr)
            return _ENVIRONMENT
    from sim.commands.line import main as carry_out

    return carry_out()


if __name__ == "__main__":
    sys.exit(main())
