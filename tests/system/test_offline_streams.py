"""What a device sees while it is away is stated per cohort: all of it, or nothing."""

from __future__ import annotations

import numpy as np
from run_commands import RunScenario

AWAY = [
    "fleet.0.availability={on: 12 s, off: 8 s, start: on}",
    "drift=[]",
    "fleet.0.samples={every: 1 s, arrivals: periodic}",
]


def test_streams_go_on_or_stop_while_a_device_is_away(play: RunScenario) -> None:
    goes_on = play("digits", *AWAY, "fleet.0.offline={samples: continue}")
    stops = play("digits", *AWAY, "fleet.0.offline={samples: stop}")
    assert (goes_on.table("devices")["samples"] == 50).all()
    # There from 0 to 12, 20 to 32 and 40 to 50 s, at one sample a second.
    assert (np.abs(stops.table("devices")["samples"] - 34) <= 2).all()


def test_absences_are_played_the_same_lazily_and_eagerly(play: RunScenario) -> None:
    overrides = [*AWAY, "fleet.0.offline={samples: stop, transfers: abort}"]
    assert play("digits", *overrides).digest == play("digits", *overrides, eager=True).digest
