from __future__ import annotations

import pytest

from sim.clock import ASKS, TICK, Clock, Telling


def told(clock: Clock, name: str, log: list[str], *times: float) -> Telling:
    for at_s in times:
        yield at_s
        log.append(f"{name}@{clock.now}")


def test_stories_wait_for_absolute_times_without_rounding() -> None:
    clock, log = Clock(), []
    clock.play(told(clock, "a", log, 0.1, 0.1 + 0.2, 1e9 + 0.3))
    clock.run()
    assert log == ["a@0.1", f"a@{0.1 + 0.2}", f"a@{1e9 + 0.3}"]


def test_at_equal_times_asks_follow_what_is_under_way_and_the_tick_closes() -> None:
    clock, log = Clock(), []
    clock.play(told(clock, "tick", log, 5.0), TICK)
    clock.play(told(clock, "ask", log, 5.0), ASKS)
    clock.play(told(clock, "first", log, 5.0))
    clock.play(told(clock, "second", log, 1.0, 5.0))
    clock.run()
    assert log == ["second@1.0", "first@5.0", "second@5.0", "ask@5.0", "tick@5.0"]


def test_a_story_may_wait_for_a_happening_and_gets_its_value() -> None:
    clock, got = Clock(), []
    happening = clock.happening()

    def waiting() -> Telling:
        got.append((yield happening))

    def causing() -> Telling:
        yield 2.0
        happening.succeed("done")

    clock.play(waiting())
    clock.play(causing())
    clock.run()
    assert (got, clock.now) == (["done"], 2.0)


def test_stories_of_lower_rank_go_first_and_those_without_one_last() -> None:
    clock, log = Clock(), []
    clock.play(told(clock, "plain", log, 5.0))
    clock.play(told(clock, "late", log, 5.0), rank=9)
    clock.play(told(clock, "early", log, 3.0, 5.0), rank=4)
    clock.run()
    assert log == ["early@3.0", "early@5.0", "late@5.0", "plain@5.0"]


def test_simpys_own_events_stand_in_the_same_calendar() -> None:
    clock, log = Clock(), []
    clock.play(told(clock, "story", log, 1.0, 3.0))
    clock.timeout(2.0).callbacks.append(lambda event: log.append(f"event@{clock.now}"))
    clock.run(until=4.0)
    assert log == ["story@1.0", "event@2.0", "story@3.0"]


def test_waiting_for_the_past_goes_on_at_once() -> None:
    clock, log = Clock(), []
    clock.play(told(clock, "a", log, 3.0, 1.0))
    clock.run()
    assert log == ["a@3.0", "a@3.0"]


def test_an_error_in_a_story_reaches_the_one_who_runs_the_clock() -> None:
    clock = Clock()

    def broken() -> Telling:
        yield 1.0
        raise KeyError("lost")

    clock.play(broken())
    with pytest.raises(KeyError, match="lost"):
        clock.run()
