"""What the data plane alone knows, asked as it is needed: how long a device learns, and how large messages are."""

from __future__ import annotations

import numpy as np

from agents.contract import DataPlane
from sim.compiled.codes import COUNTED, SIZED
from sim.compiled.hop_costs import HopCosts
from sim.compiled.ring import RowRing
from sim.compiled.state import State


class PlaneAnswers:
    """Asks the data plane, which has been handed all that has happened, and writes what it says into the row."""

    def __init__(self, state: State, ring: RowRing, costs: HopCosts, plane: DataPlane) -> None:
        self._state, self._ring, self._costs, self._plane = state, ring, costs, plane

    def steps(self) -> None:
        """Learn how many steps a device takes for what it is learning."""
        row = self._asking()
        steps = self._plane.steps_of(int(row["ticket"][0]), int(row["device"][0]))
        self._ring.put(row["id"], "at_s", row["sent_s"] + steps * row["step_s"])
        self._go_on(row, COUNTED)

    def size(self) -> None:
        """Learn the size of a message that leaves now, a payload or an update."""
        row = self._asking()
        upwards = bool(row["stage"][0] < 0)
        sizes = self._plane.payload_bytes_of if upwards else self._plane.update_bytes_of
        name = "payload_bytes" if upwards else "update_bytes"
        row[name] = sizes(row["ticket"])
        self._ring.put(row["id"], name, row[name])
        self._costs.draw_again(row, 0, upwards)
        self._go_on(row, SIZED)

    def _asking(self) -> np.ndarray:
        return self._ring.take(self._state.g["asking"])

    def _go_on(self, row: np.ndarray, state: int) -> None:
        self._ring.put(row["id"], "state", state)
        self._state.g["answered"] = row["id"]
