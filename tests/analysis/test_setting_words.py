"""Settings are said in words, not as maps."""

from __future__ import annotations

import pytest

from analysis.setting_words import in_words


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("persona", "persona"),
        ('{"kind": "persona", "reply": "number"}', "persona, reply number"),
        ('{"kind": "cdc_mmpg", "reasoner": "none", "window": 8}', "cdc_mmpg, reasoner none, window 8"),
        ('{"kind": "intellectreq", "around": {"kind": "duet", "steps": 5}}', "intellectreq, around (duet, steps 5)"),
        ('{"kind": "delta", "numbers": {"kind": "topk"}}', "delta, numbers topk"),
        ('{"kind": "device_ft", "learns": true}', "device_ft, learns true"),
        ("{not json", "{not json"),
    ],
)
def test_a_setting_is_a_name_and_its_options(written: str, said: str) -> None:
    assert in_words(written) == said
