"""Words of the glossary show their meaning where they are first used; nothing else of a page changes."""

from __future__ import annotations

import html
import re

from analysis.glossary import PAGE, explained, meanings


def test_the_first_use_below_a_heading_is_explained() -> None:
    page = "<h2>Drift</h2><p>A drift, and two drifts.</p><h2>More</h2><p>Drifts again; an updrift is none.</p>"
    found = re.findall(r'<abbr title="([^"]+)">(\w+)</abbr>', explained(page))
    meaning = meanings(PAGE.read_text(encoding="utf-8"))["drift"]
    assert [(html.unescape(title), word) for title, word in found] == [(meaning, "drift"), (meaning, "Drifts")]


def test_all_else_stays_as_it_was() -> None:
    page = '<p title="drift">a &lt;link&gt;</p><pre>drift</pre><svg><text>link</text></svg><code>link</code><br>oracle'
    assert re.sub(r"</?abbr[^>]*>", "", explained(page)) == page
    assert re.findall(r"<abbr[^>]*>(\w+)", explained(page)) == ["link", "oracle"]
