"""How this program is started: the words that a message gives a user to write before a command."""

from __future__ import annotations

import sys
from pathlib import Path

VERSION = "0.2.0"
#: What holds ``sim``: a clone, or the installed package.
HOME = Path(__file__).resolve().parents[1]
IN_CLONE = (HOME / "run_sim.py").is_file()


def program() -> str:
    """Return ``driftbed``, or ``python run_sim.py`` where a clone was started by it."""
    return "driftbed" if Path(sys.argv[0]).stem == "driftbed" or not IN_CLONE else "python run_sim.py"
