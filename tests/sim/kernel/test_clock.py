from __future__ import annotations

import pytest

from sim.kernel.calendar import ASKS, TICK, Clock, ProcessGenerator


def reported(clock: Clock, name: str, log: list[str], *times: float) -> ProcessGenerator:
    for at_s in times:
        yield at_s
        log.append(f"{name}@{clock.now}")


def test_stories_wait_for_absolute_times_without_rounding() -> None:
    clock, log = Clock(), []
    clock.start_process(reported(clock, "a", log, 0.1, 0.1 + 0.2, 1e9 + 0.3))
    clock.run()
    assert log == ["a@0.1", f"a@{0.1 + 0.2}", f"a@{1e9 + 0.3}"]


def test_at_equal_times_asks_follow_what_is_under_way_and_the_tick_closes() -> None:
    clock, log = Clock(), []
    clock.start_process(reported(clock, "tick", log, 5.0), TICK)
    clock.start_process(reported(clock, "ask", log, 5.0), ASKS)
    clock.start_process(reported(clock, "first", log, 5.0))
    clock.start_process(reported(clock, "second", log, 1.0, 5.0))
    clock.run()
    assert log == ["second@1.0", "first@5.0", "second@5.0", "ask@5.0", "tick@5.0"]


def test_a_story_may_wait_for_a_happening_and_gets_its_value() -> None:
    clock, got = Clock(), []
    pending_event = clock.pending_event()

    def waiting() -> ProcessGenerator:
        got.append((yield pending_event))

    def causing() -> ProcessGenerator:
        yield 2.0
        pending_event.succeed("done")

    clock.start_process(waiting())
    clock.start_process(causing())
    clock.run()
    assert (got, clock.now) == (["done"], 2.0)


def test_stories_of_lower_rank_go_first_and_those_without_one_last() -> None:
    clock, log = Clock(), []
    clock.start_process(reported(clock, "plain", log, 5.0))
    clock.start_process(reported(clock, "late", log, 5.0), rank=9)
    clock.start_process(reported(clock, "early", log, 3.0, 5.0), rank=4)
    clock.run()
    assert log == ["early@3.0", "early@5.0", "late@5.0", "plain@5.0"]


def test_simpys_own_events_stand_in_the_same_calendar() -> None:
    clock, log = Clock(), []
    clock.start_process(reported(clock, "story", log, 1.0, 3.0))
    clock.timeout(2.0).callbacks.append(lambda event: log.append(f"event@{clock.now}"))
    clock.run(until=4.0)
    assert log == ["story@1.0", "event@2.0", "story@3.0"]


def test_waiting_for_the_past_goes_on_at_once() -> None:
    clock, log = Clock(), []
    clock.start_process(reported(clock, "a", log, 3.0, 1.0))
    clock.run()
    assert log == ["a@3.0", "a@3.0"]


def test_an_error_in_a_story_reaches_the_one_who_runs_the_clock() -> None:
    clock = Clock()

    def broken() -> ProcessGenerator:
        yield 1.0
        raise KeyError("lost")

    clock.start_process(broken())
    with pytest.raises(KeyError, match="lost"):
        clock.run()
