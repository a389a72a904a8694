"""Quantities: what is read, what is refused, and that writing and reading again changes nothing."""

from __future__ import annotations

import math
import re
from contextlib import suppress

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sim.scenario import units
from sim.scenario.units import Dimension, UnitError, format_share, parse_share

DIMENSIONS = [
    units.TIME,
    units.RATE,
    units.SIZE,
    units.FREQUENCY,
    units.ANGLE,
    units.ANGULAR_SPEED,
    units.SPEED,
    units.POWER,
    units.ENERGY,
    units.ENERGY_PER_BYTE,
]

amounts = st.floats(0, 1e15, allow_subnormal=False)


@pytest.mark.parametrize(
    ("dimension", "text", "value"),
    [
        (units.TIME, "60 ms", 0.06),
        (units.TIME, "60ms", 0.06),
        (units.TIME, "1 h 30 min", 5400.0),
        (units.TIME, "1.5e-3 s", 0.0015),
        (units.TIME, "7 µs", 7e-6),
        (units.TIME, "0 s", 0.0),
        (units.TIME, "2 d", 172800.0),
        (units.RATE, "256 kbit/s", 256e3),
        (units.RATE, "5 Mbps", 5e6),
        (units.RATE, "5 MB/s", 40e6),
        (units.RATE, "1 MiB/s", 8 * 2**20),
        (units.SIZE, "1.5 MB", 1.5e6),
        (units.SIZE, "4 KiB", 4096.0),
        (units.SIZE, "12 kbit", 1500.0),
        (units.FREQUENCY, "3 /min", 0.05),
        (units.FREQUENCY, "2 Hz", 2.0),
        (units.ANGLE, "-90 deg", -90.0),
        (units.ANGLE, "1 rad", 180 / math.pi),
        (units.ANGULAR_SPEED, "6 deg/min", 0.1),
        (units.POWER, "250 mW", 0.25),
        (units.ENERGY_PER_BYTE, "5 uJ/B", 5e-6),
    ],
)
def test_text_is_read_in_the_base_unit(dimension: Dimension, text: str, value: float) -> None:
    assert dimension.parse(text) == value


@pytest.mark.parametrize(
    ("dimension", "given_value", "said"),
    [
        (units.RATE, "5 Mbs", "'5 Mbs' is no data rate; write for example '5 Mbit/s'"),
        (units.RATE, "1 mbit/s", "'1 mbit/s' is no data rate; write for example '1 Mbit/s'"),
        (units.RATE, "1 Mbit/s 2 kbit/s", "is no data rate"),
        (units.TIME, 5, "5 has no unit: 5 ms, 5 s or 5 min?"),
        (units.TIME, "5", "5 has no unit: 5 ms, 5 s or 5 min?"),
        (units.TIME, 0, "0 has no unit; write '0 s'"),
        (units.TIME, "-5 s", "'-5 s' is negative; a time is 0 or more"),
        (units.TIME, "1 h -30 min", "is no time"),
        (units.TIME, "5 kbit/s", "'5 kbit/s' is no time; write for example '5 s'"),
        (units.TIME, "nan s", "'nan s' is no time"),
        (units.TIME, "inf s", "'inf s' is no time"),
        (units.TIME, "1e9999 s", "'1e9999 s' is too large"),
        (units.TIME, "1e99999 s", "is no time"),
        (units.TIME, "", "'' is no time"),
        (units.TIME, True, "true is no time; write for example '5 s'"),
        (units.TIME, ["5 s"], "a list is no time; write for example '5 s'"),
        (units.TIME, "10m", "'10m' is no time: 10 min or 10 ms?"),
        (units.TIME, "2 hours", "write for example '2 h'"),
        (units.TIME, "3 msec", "write for example '3 ms'"),
        (units.TIME, "5 parsec", "its units are d, h, min, s, ms, us, ns"),
        (units.RATE, "5 MBps", "write for example '5 MB/s'"),
        (units.RATE, "5 Mb/s", "write for example '5 Mbit/s'"),
        (units.RATE, "100 KB/s", "write for example '100 kB/s'"),
        (units.RATE, "100 Kbps", "write for example '100 kbit/s'"),
        (units.RATE, "5 Mbits/sec", "write for example '5 Mbit/s'"),
        (units.RATE, "5 MBPS", "5 Mbit/s or 5 MB/s?"),
        (units.RATE, "5 mb/s", "5 Mbit/s or 5 MB/s?"),
        (units.RATE, "5 MB", "write for example '5 MB/s'"),
        (units.RATE, "3 MB/min", "its units are"),
        (units.RATE, 256, "256 has no unit: 256 kbit/s or 256 Mbit/s?"),
        (units.SIZE, "4 mb", "4 Mbit or 4 MB?"),
        (units.POWER, "5 MW", "its units are kW, W, mW, uW"),
        (units.SIZE, "4 MBit", "write for example '4 Mbit'"),
    ],
)
def test_what_is_no_quantity_is_refused_with_an_example(dimension: Dimension, given_value: object, said: str) -> None:
    with pytest.raises(UnitError) as caught:
        dimension.parse(given_value)
    assert said in str(caught.value)


@pytest.mark.parametrize("dimension", DIMENSIONS, ids=lambda dimension: dimension.name)
@given(value=amounts)
def test_what_is_written_reads_back_as_the_same_float(dimension: Dimension, value: float) -> None:
    value = min(value, dimension.largest)
    assert dimension.parse(dimension.format(value)) == value


@pytest.mark.parametrize("dimension", DIMENSIONS, ids=lambda dimension: dimension.name)
@given(data=st.data(), amount=st.decimals(0, 10**6, places=3))
def test_every_unit_scales_exactly(dimension: Dimension, data: st.DataObject, amount: object) -> None:
    table = dict(dimension.units) | dict(dimension.spellings)
    unit = data.draw(st.sampled_from(sorted(table)))
    assume(float(amount * table[unit]) <= dimension.largest)  # type: ignore[operator]
    assert dimension.parse(f"{amount} {unit}") == float(amount * table[unit])  # type: ignore[operator]


@given(data=st.data(), amount=st.integers(1, 999))
def test_a_remedy_has_the_meaning_of_what_was_written(data: st.DataObject, amount: int) -> None:
    """Whatever the case of k and however the second is spelled, B stays bytes and b bits, with the same prefix."""
    prefix = data.draw(st.sampled_from(["", "k", "K", "M", "G"]))
    word, bits = data.draw(st.sampled_from([("B", 8), ("b", 1), ("bits", 1), ("Bytes", 8), ("bit", 1), ("byte", 8)]))
    per = data.draw(st.sampled_from(["/s", "ps", "/sec", "p/s", "/second"]))
    meant = amount * bits * {"": 1, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9}[prefix]
    try:
        assert units.RATE.parse(f"{amount} {prefix}{word}{per}") == meant
    except UnitError as error:
        found = re.search(r"write for example '([^']+)'$", str(error))
        assert found
        assert units.RATE.parse(found[1]) == meant


@given(value=st.one_of(st.text(max_size=30), st.integers(), st.floats(), st.none(), st.booleans(), st.lists(st.none())))
@pytest.mark.parametrize("dimension", DIMENSIONS, ids=lambda dimension: dimension.name)
def test_anything_at_all_is_read_or_refused_in_one_line(dimension: Dimension, value: object) -> None:
    with suppress(UnitError):
        assert math.isfinite(dimension.parse(value))


def test_a_bare_one_is_asked_about() -> None:
    assert parse_share(0.99, whole=False) == 0.99
    assert parse_share("1 %", whole=False) == 0.01
    with pytest.raises(UnitError, match=r"1 % or 100 %\?"):
        parse_share(1, whole=False)


@given(share=st.floats(0, 1))
def test_shares_read_back_as_the_same_float(share: float) -> None:
    assert parse_share(format_share(share)) == share


@pytest.mark.parametrize("given_value", ["101 %", 1.01, -0.1, "-1 %", "0.5", "half", None, True, math.nan])
def test_what_is_no_share_is_refused(given_value: object) -> None:
    with pytest.raises(UnitError):
        parse_share(given_value)


@pytest.mark.parametrize(
    ("value", "text"), [(1800.0, "30 min"), (0.06, "60 ms"), (90.0, "90 s"), (0.0, "0 s"), (1 / 3, "0.333")]
)
def test_the_largest_unit_that_makes_it_whole_is_written(value: float, text: str) -> None:
    assert units.TIME.format(value).startswith(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1:30", ": 1 h 30 min or 1 min 30 s?"),
        ("1:00", ": 1 h or 1 min?"),
        ("1:30:00", "; write '1 h 30 min'"),
        ("0:00:20", "; write '20 s'"),
        ("PT1H30M", "; write '1 h 30 min'"),
        ("P2DT5S", "; write '2 d 5 s'"),
        ("1,5 min", ": a comma stands in it; '1.5 min' if it begins a fraction"),
    ],
)
def test_times_of_other_standards_are_written_back_in_ours(text: str, said: str) -> None:
    with pytest.raises(UnitError) as caught:
        units.TIME.parse(text)
    assert str(caught.value) == f"'{text}' is no time{said}"


@pytest.mark.parametrize("text", ["1:30 h", "P", "PT", "1,5,0 min", "1,5 parsecs", "1:2:3:4"])
def test_what_is_no_such_form_gets_no_such_remedy(text: str) -> None:
    with pytest.raises(UnitError, match=f"'{text}' is no time.*; write for example '5 s'"):
        units.TIME.parse(text)


def test_a_comma_in_a_rate_may_be_a_fraction() -> None:
    with pytest.raises(UnitError, match=r": a comma stands in it; '1.5 Mbit/s' if it begins a fraction"):
        units.RATE.parse("1,5 Mbit/s")
