"""Settings are said in words, not as maps."""

from __future__ import annotations

import pytest

from analysis.setting_words import in_words, words_apart


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("persona", "persona"),
        ('{"kind": "persona", "reply": "number"}', "persona, reply number"),
        ('{"kind": "cdc_mmpg", "reasoner": "none", "window": 8}', "cdc_mmpg, reasoner none, window 8"),
        ('{"kind": "intellectreq", "around": {"kind": "duet", "steps": 5}}', "intellectreq, around (duet, steps 5)"),
        ('{"kind": "delta", "numbers": {"kind": "topk"}}', "delta, numbers topk"),
        ('{"kind": "device_ft", "learns": true}', "device_ft, learns true"),
        ('{"payload": "16 kB", "update": "66 kB"}', "payload 16 kB, update 66 kB"),
        ('"20 %"', "20 %"),
        ("{not json", "{not json"),
    ],
)
def test_a_setting_is_a_name_and_its_options(written: str, said: str) -> None:
    assert in_words(written) == said


def test_a_kind_alone_says_which_setting_it_is_where_no_other_is_of_its_kind() -> None:
    tuned = '{"kind": "cloud_ft", "steps": 5}'
    few, one = (f'{{"kind": "persona", "prototypes": {number}}}' for number in (4, 1))
    assert words_apart(["static", tuned]) == {"static": "static", tuned: "cloud_ft"}
    assert words_apart(["cloud_ft", tuned])[tuned] == "cloud_ft, steps 5"
    assert words_apart(["persona", '{"kind": "persona"}']) == {
        "persona": "persona",
        '{"kind": "persona"}': '{"kind": "persona"}',
    }
    assert words_apart([few, one]) == {few: "persona, prototypes 4", one: "persona, prototypes 1"}
