"""The words of the code: names are the field's; a coined word is listed beside the right one."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("sim", "agents", "analysis")

#: Words that no name may hold -> what to say instead.
BANNED = {
    "told": "reported, found, or the thing itself",
    "tell": "report, emit or take",
    "tells": "reports",
    "telling": "process generator",
    "story": "process",
    "stories": "processes",
    "luck": "uniform, draws",
    "fate": "outcome",
    "fates": "outcomes",
    "reign": "concept in force",
    "reigns": "concept intervals",
    "nobody": "none, empty",
    "whoever": "the caller",
    "happening": "event",
    "legs": "hops",
    "roads": "routes",
    "passage": "transfer, affected samples",
    "passages": "transfers",
    "convoy": "transport batch",
    "caravan": "transport batch",
    "foresight": "presampled losses",
    "foreseen": "presampled",
    "weighing": "overhead",
    "sending": "transmission",
    "sendings": "transmissions",
    "presence": "device availability",
    "presences": "availabilities",
    "patience": "retry policy, time limit",
    "patient": "retry policy",
    "bundle": "flow group",
    "bundles": "flow groups",
    "tank": "link state",
    "tanks": "link states",
    "ledger": "row store, counts",
    "meter": "resource usage",
    "clause": "section",
    "clauses": "sections",
    "surroundings": "validation context",
    "variants": "tagged union",
    "unbuilt": "unsupported",
    "strips": "sample batch",
    "shelf": "row buffer",
    "shelves": "item groups",
    "loan": "view",
    "parcel": "updates",
    "knowledge": "cut-off",
    "leash": "look-ahead",
    "crew": "worker group",
    "crews": "worker groups",
    "hire": "start",
    "bury": "remove, reap",
    "outbox": "command queue",
    "ghosts": "padding rows",
    "rung": "level",
    "rungs": "levels",
    "ladder": "levels",
    "ladders": "levels",
    "fronts": "onsets",
    "wander": "random walk",
    "market": "choice model",
    "tastes": "user clusters",
    "pacing": "rate modulation",
    "blame": "error location",
    "plate": "figure spec",
    "bill": "energy",
    "stroke": "line style",
    "strokes": "line styles",
    "confess": "note",
    "strangers": "new devices",
    "overheard": "captured output",
    "cue": "event",
    "cues": "events",
    "itinerary": "order log",
    "convoys": "transport batches",
    "yardstick": "baseline",
    "yardsticks": "baselines",
}
#: Words of prose (docstrings, documentation, messages) -> what to say instead.
BANNED_IN_PROSE = BANNED | {
    "anew": "again",
    "somebody": "name who",
    "anybody": "any",
    "whatever": "any",
}
#: How many such words the prose of each part may hold. A bound is only ever lowered; the aim is zero.
PROSE_LEFT = {"run_sim.py": 0, "sim": 0, "docs": 0, "agents": 0, "analysis": 0, "README.md": 0}
#: Parts whose comments are free of such words too, capital letters included.
CLEAN = ("run_sim.py", "sim", "scenarios")

#: (word, name): where a banned word is the field's own.
ALLOWED: set[tuple[str, str]] = set()


def files() -> list[Path]:
    """Return every source file of the project."""
    return [ROOT / "run_sim.py", *sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))]


def words_of(name: str) -> list[str]:
    """Return the words that a name is made of, in small letters."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]


def names(path: Path) -> Iterator[str]:
    """Yield the names that a file defines: itself, classes, functions, parameters, attributes, variables."""
    yield from path.relative_to(ROOT).with_suffix("").parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr


@pytest.mark.parametrize("package", ["run_sim.py", *PACKAGES])
def test_names_are_words_of_the_field(package: str) -> None:
    wrong = sorted(
        f"{path.relative_to(ROOT)}: {name} says '{word}'; say {BANNED[word]}"
        for path in files()
        if path.relative_to(ROOT).parts[0] == package
        for name in set(names(path))
        for word in words_of(name)
        if word in BANNED and (word, name) not in ALLOWED
    )
    assert not wrong, "\n".join(wrong)


def test_columns_of_the_tables_are_words_of_the_field() -> None:
    from agents.contract import COHORT_COLUMNS, DEVICE_COLUMNS
    from sim.kernel.records import COLUMNS

    columns = [*COLUMNS, *COHORT_COLUMNS, *DEVICE_COLUMNS]
    wrong = [f"{column} says '{word}'" for column in columns for word in words_of(column) if word in BANNED]
    assert not wrong, "\n".join(wrong)


def test_a_coined_word_in_a_name_would_be_seen() -> None:
    assert words_of("_toldTruth_of") == ["told", "truth", "of"]
    assert words_of("HTTPLuck") == ["http", "luck"]


def prose() -> list[tuple[str, str]]:
    """Return (where, text) of docstrings, messages and documentation."""
    return _read_once(_prose)


@cache
def _read_once(read: Callable[[], Iterator[tuple[str, str]]]) -> list[tuple[str, str]]:
    return list(read())


def _prose() -> Iterator[tuple[str, str]]:
    for path in files():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node.value
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        if path.name != "glossary.md":
            yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")


def coined(text: str) -> list[str]:
    """Return the banned words of a text, code in backticks aside."""
    return [word for word in re.findall(r"[a-z]+", re.sub(r"``[^`]*``|`[^`]*`", "", text)) if word in BANNED_IN_PROSE]


@pytest.mark.parametrize("part", PROSE_LEFT)
def test_prose_says_fewer_and_fewer_coined_words(part: str) -> None:
    found = [
        f"{where}: '{word}'; say {BANNED_IN_PROSE[word]}"
        for where, text in prose()
        if re.split("[/:]", where)[0] == part
        for word in coined(text)
    ]
    assert len(found) <= PROSE_LEFT[part], "\n".join(found)


def test_every_part_of_the_prose_has_a_bound() -> None:
    assert {re.split("[/:]", where)[0] for where, _ in prose()} <= set(PROSE_LEFT)


def comments() -> list[tuple[str, str]]:
    """Return (where, text) of the comments of clean parts, and of whole scenarios."""
    return _read_once(_comments)


def _comments() -> Iterator[tuple[str, str]]:
    for path in files():
        for token in tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline):
            if token.type == tokenize.COMMENT:
                yield f"{path.relative_to(ROOT)}:{token.start[0]}", token.string
    for path in sorted((ROOT / "scenarios").rglob("*.yaml")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if "#" in line or "description:" in line:
                yield f"{path.relative_to(ROOT)}:{number}", line


@pytest.mark.parametrize("part", CLEAN)
def test_clean_parts_hold_no_coined_word_in_comments_either(part: str) -> None:
    found = [
        f"{where}: '{word}'; say {BANNED_IN_PROSE[word]}"
        for where, text in [*prose(), *comments()]
        if re.split("[/:]", where)[0] == part
        for word in coined(text.lower())
    ]
    assert not found, "\n".join(found)
