"""What libyaml's complaints mean, in words for people who do not know its grammar."""

from __future__ import annotations

import re

import yaml

#: Complaint -> what is wrong and what to do; the first that is found in it counts.
_MEANINGS: tuple[tuple[str, str], ...] = (
    (r"unknown escape", "a backslash means something within double quotes; write single quotes"),
    (r"character '\\t'", "a tab stands here; indent with blanks"),
    (r"character '(.)'", "a value may not begin with {0}; put it in quotes"),
    (r"<block end>.*'<block mapping start>'", "this line is indented further than the lines above it; align them"),
    (r"<block end>.*(?:'-'|<block sequence start>|'<block entry>')", "this item is not aligned with those above it"),
    (r"<block end>.*'<scalar>'", "text goes on behind a value; put the whole value in quotes"),
    (r"<block end>", "this line does not belong to the section above it; align it with its neighbours"),
    (r"mapping values are not allowed", "a second ': ' in one line, or a line indented too far; put text in quotes"),
    (r"expected ':'", "a key without ': ' and a value; write 'key: value'"),
    (r"expected ',' or '([\]}])'", "a bracket is not closed with {0}, or a comma is missing"),
    (r"unexpected end of stream", "a quote is not closed"),
    (r"expected the node content", "a value is missing here"),
    (r"<document start>", "this line does not belong to those above it; align it with them"),
    (r"undefined tag handle", "a '!' begins a tag, which has no meaning here; put the value in quotes"),
    (r"expected alphabetic or numeric", "'&' and '*' begin anchors and aliases; put the value in quotes"),
    (r"chomping or indentation", "'|' and '>' begin text of several lines; put the value in quotes"),
)


def in_plain_words(error: yaml.MarkedYAMLError) -> str:
    """Return what is wrong, and where it began if that is another line."""
    problem = error.problem or "it cannot be read"
    for pattern, meaning in _MEANINGS:
        if found := re.search(pattern, problem):
            return meaning.format(*(repr(part) for part in found.groups())) + _since(error)
    return problem


def _since(error: yaml.MarkedYAMLError) -> str:
    """Return where the value began that is wrong, if that is not where the fault was found."""
    begun, found = error.context_mark, error.problem_mark
    if begun is None or found is None or begun.line == found.line:
        return ""
    return f" (it began in line {begun.line + 1})"
