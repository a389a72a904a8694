"""``list methods --bytes``: sizes that can be worked out by hand, for every method of the table."""

from __future__ import annotations

import pytest

from agents.methods import METHODS
from agents.methods.message_bytes import message_bytes
from sim.commands.line import main

HEAD = 4 * 1386


@pytest.mark.parametrize(
    ("name", "up", "down"),
    [
        ("static", 0, 0),
        ("duet", 16 * 32 * 4 + 1, HEAD),
        ("persona", 16 * 32 * 4 + 2, HEAD),
        ("solid", 16, HEAD),
        ("cdc_mmpg", 32 * 4 + 1, HEAD),
        # 60 windows of features with a byte a label.
        ("cloud_ft", 60 * (32 * 4 + 1), HEAD),
    ],
)
def test_sizes_are_those_of_features_codes_and_heads(name: str, up: int, down: int) -> None:
    assert message_bytes(name) == (up, down)


def test_every_method_of_the_table_is_listed_with_its_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "methods", "--bytes"], "driftbed") == 0
    sizes = capsys.readouterr().out.split("bytes of one message")[1]
    assert all(f"\n{name} " in sizes for name in METHODS if name != "probe")
    assert main(["list", "codecs", "--bytes"], "driftbed") == 2
    assert "goes with 'list methods'" in capsys.readouterr().err
