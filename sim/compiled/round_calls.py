"""Rounds as they begin: devices are chosen, and rows made for what goes to them."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

import numpy as np

from agents.contract import ExchangeKind
from sim.compiled.called_rounds import CalledRounds
from sim.compiled.codes import ROUND, UNRANKED
from sim.compiled.hop_costs import HopCosts
from sim.compiled.outlet import find_free
from sim.compiled.state import State
from sim.kernel.requests import Requests


class RoundCalls:
    """Calls devices whenever a round begins.

    Args:
        gated: the devices that may be away, int64.
    """

    def __init__(self, state: State, rounds: CalledRounds, costs: HopCosts, gated: np.ndarray) -> None:
        self._state, self._rounds = state, rounds
        self._free = np.zeros(len(state["device"]), bool)
        costs.lay_gates(gated)
        g, options = state.g, rounds.options
        g["begin_s"] = g["every_s"] = options.every
        g["timeout_s"] = inf if options.timeout is None else options.timeout
        first = state["event"][:1]
        first["at_s"], first["key"], first["kind"] = options.every, UNRANKED + g["serial"], ROUND
        first["row"] = first["station"] = -1
        g["events"], g["serial"] = 1, g["serial"] + 1

    def begin(self, take: Callable[[Requests, ExchangeKind], int]) -> None:
        """Choose the devices of a round; the loop calls them. ``take`` makes rows of a kind, and returns the first."""
        g = self._state.g
        find_free(g, self._free)
        calls: Requests = self._rounds.call(self._free, int(g["round"][0]), float(g["now_s"][0]), int(g["tickets"][0]))
        count = len(calls.device)
        g["next_call"] = take(calls, ExchangeKind.PUSH)
        g["calls_end"] = g["next_call"] + count
        g["tickets"] += count
        g["left"], g["enough"] = count, min(self._rounds.options.enough, count)
        g["open"], g["opening"], g["reports"] = 1, 1, 0
