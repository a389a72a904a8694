"""Words of the glossary that show their meaning under a pointer: the page of words and the report share one list."""

from __future__ import annotations

import html
import re
from functools import cache
from pathlib import Path

from analysis.html import Markup

PAGE = Path(__file__).resolve().parents[1] / "docs" / "glossary.md"
#: Words that say nothing special outside of the glossary.
PLAIN = frozenset({"block", "event", "process", "timer", "evaluation", "segment (of a run)", "word", "---", "engine"})
_ROW = re.compile(r"^\| ([^|]+) \| ([^|]+) \| [^|]+ \|$", re.MULTILINE)
_TAGS = re.compile(r"(<[^>]+>)")
_NAME = re.compile(r"</?([a-zA-Z0-9]+)")
#: Elements in which no word is explained.
_LEFT_OUT = frozenset({"a", "abbr", "button", "code", "h1", "h2", "pre", "script", "style", "summary", "svg", "title"})


def meanings(page: str) -> dict[str, str]:
    """Return the words of a glossary, in Markdown, with what they mean."""
    rows = [(word.strip(), meaning.strip()) for word, meaning in _ROW.findall(page)]
    return {word: meaning for word, meaning in rows if word not in PLAIN}


def explained(page: str) -> Markup:
    """Return HTML of ours in which the first use of each word below a heading has its meaning as a title."""
    known, pattern = _known()
    if not known:
        return Markup(page)
    within, used, parts = list[str](), set[str](), list[str]()
    for part in _TAGS.split(page):
        if part.startswith("<"):
            _step(part, within, used)
        elif part.strip() and not any(name in _LEFT_OUT for name in within):
            part = pattern.sub(lambda found: _titled(found[0], known, used), part)
        parts.append(part)
    return Markup("".join(parts))


def _step(mark: str, within: list[str], used: set[str]) -> None:
    """Follow one tag: which elements are open; a heading begins a new part of the page."""
    name = _NAME.match(mark)
    if name is None or mark.endswith("/>") or name[1] in ("meta", "input", "br", "link"):
        return
    if not mark.startswith("</"):
        within.append(name[1])
        if name[1] == "h2":
            used.clear()
    elif name[1] in within:
        del within[len(within) - 1 - within[::-1].index(name[1]) :]


def _titled(word: str, known: dict[str, str], used: set[str]) -> str:
    key = word.lower() if word.lower() in known else word.lower().removesuffix("s")
    if key in used:
        return word
    used.add(key)
    return f'<abbr title="{html.escape(known[key])}">{word}</abbr>'


@cache
def _known() -> tuple[dict[str, str], re.Pattern[str]]:
    known = meanings(PAGE.read_text(encoding="utf-8")) if PAGE.is_file() else {}
    words = "|".join(re.escape(word) for word in sorted(known, key=len, reverse=True))
    return known, re.compile(rf"(?<![\w-])(?:{words})s?(?![\w-])", re.IGNORECASE)
