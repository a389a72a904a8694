"""HTML by construction: all that is not marked as HTML is escaped, so that no name can become a tag."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from pathlib import Path

STYLE_SHEET = Path(__file__).with_name("report.css")
SCRIPT = Path(__file__).with_name("report.js")
PROLOG = re.compile(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<metadata>.*?</metadata>", re.DOTALL)
#: What ``analysis.figures.series`` says about a drawing.
PARTS = re.compile(r"<dc:description>(.*?)</dc:description>", re.DOTALL)
WIDTH = re.compile(r'<svg [^>]*?width="([0-9.]+)pt"')
# A figure of a whole page's width fills the column of the report; smaller ones keep their proportion.
FULL_PT, FULL_REM = 504.0, 59.5
#: Colours of the house style -> those of the page, so that figures are dark where the page is.
INKS = {"#222222": "var(--ink)", "#767676": "var(--soft)", "#e8e8e8": "var(--line)", "#ffffff": "var(--paper)"}
IDENTIFIER = re.compile(r'(\bid="|href="#|url\(#)')

#: Control and direction characters, which a browser, or a terminal that shows the file, might obey.
_OBEYED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def escaped(text: str) -> str:
    """Return a text as it stands in HTML, a replacement character for each that would be obeyed rather than shown."""
    return html.escape(_OBEYED.sub("\ufffd", text))


def tag(name: str, *children: str, **attributes: str) -> Markup:
    """Return an element; children are escaped unless they are Markup, `class_` stands for `class`."""
    written = "".join(f' {key.rstrip("_").replace("_", "-")}="{escaped(value)}"' for key, value in attributes.items())
    return Markup(f"<{name}{written}>{join(*children)}</{name}>")


def join(*children: str) -> Markup:
    """Put children one after another, escaping what is not Markup."""
    return Markup("".join(child if isinstance(child, Markup) else escaped(child) for child in children))


def table(head: Sequence[str], rows: Sequence[Sequence[str]], caption: str = "") -> Markup:
    """Return a table with one header line; the first cell of a row is its header, the others are numbers."""
    top = tag("tr", *(tag("th", cell, scope="col") for cell in head))
    lines = [tag("tr", tag("th", first, scope="row"), *(tag("td", cell) for cell in rest)) for first, *rest in rows]
    title = tag("p", caption, class_="caption") if caption else Markup("")
    grid = tag("table", tag("thead", top), tag("tbody", *lines))
    scrolled = tag("div", grid, class_="scroll", tabindex="0", role="group", aria_label=caption[:60] or "table")
    return join(title, scrolled)


def anchor(title: str) -> str:
    """Return what links point to."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def contents(titles: Sequence[str]) -> Markup:
    """Return links to the parts of a page."""
    links = [tag("a", title, href=f"#{anchor(title)}") for title in titles]
    return tag("nav", *links, aria_label="contents")


def figure(wide: Path, narrow: Path | None, name: str, alt: str, caption: str) -> Markup:
    """Return a figure with words for who cannot see it; a small screen shows the narrow form, if there is one."""
    drawn = [_form("wide", wide, name, alt)] if wide.is_file() else []
    if drawn and narrow is not None and narrow.is_file():
        drawn.append(_form("narrow", narrow, f"narrow-{name}", alt))
    forms = "forms" if len(drawn) > 1 else "form"
    return tag("figure", *drawn, tag("figcaption", caption), class_=forms)


def _form(which: str, path: Path, prefix: str, alt: str) -> Markup:
    scrolled = tag(
        "div", _inline_svg(path, prefix, alt), class_="scroll", tabindex="0", role="group", aria_label="figure"
    )
    return tag("div", scrolled, class_=which)


def _inline_svg(path: Path, prefix: str, alt: str) -> Markup:
    """Return an SVG file of ours with identifiers of its own."""
    whole = path.read_text(encoding="utf-8")
    parts = html.escape(html.unescape("".join(PARTS.findall(whole)[:1]) or "{}"))
    drawing = PROLOG.sub("", whole).strip()
    drawing = IDENTIFIER.sub(rf"\g<1>{prefix}-", drawing)
    # Of areas and of lines alike.
    for colour, ink in INKS.items():
        drawing = drawing.replace(f": {colour}", f": {ink}")
    widest = FULL_REM * float(WIDTH.findall(drawing)[0]) / FULL_PT
    said = f'data-prefix="{escaped(prefix)}" data-parts="{parts}"' if parts != "{}" else ""
    attributes = f'<svg role="img" aria-label="{escaped(alt)}" {said} style="max-width: {widest:.1f}rem" '
    return Markup(drawing.replace("<svg ", attributes, 1))


def page(title: str, *body: str) -> str:
    """Return a whole document that needs nothing but itself."""
    head = join(
        Markup('<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'),
        Markup('<meta name="color-scheme" content="light dark">'),
        tag("title", title),
        tag("style", Markup(STYLE_SHEET.read_text(encoding="utf-8"))),
    )
    script = tag("script", Markup(SCRIPT.read_text(encoding="utf-8")))
    content = join(tag("head", head), tag("body", tag("main", *body), script))
    return f'<!DOCTYPE html>\n<html lang="en">{content}</html>\n'
