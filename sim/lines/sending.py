"""What sending a message over a line takes."""

from __future__ import annotations

from typing import NamedTuple


class Sending(NamedTuple):
    """What a message weighs on a line: bytes once, bytes sent again, time lost to waiting, and whether it is lost."""

    wire_bytes: int
    again_bytes: int = 0
    waits_s: float = 0.0
    lost: bool = False
