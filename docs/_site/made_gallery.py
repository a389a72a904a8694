"""The gallery: each scenario with what it asks, a picture, how large it is, what one run showed and what it took."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

import yaml
from made_world import world
from play_gallery import PLAYED, ROOT, name_of

from agents.contract.amounts import time_in_words
from sim.scenario import units
from sim.scenario.loader import load
from sim.scenario.problems import ScenarioErrors

_WIDTH, _LEFT, _ROW = 640, 8, 22
_LAST = {"blip": "for", "gradual": "over", "incremental": "over"}


def pages() -> dict[str, str]:
    """Return the page of the gallery, and the pictures: place -> text."""
    made, parts = {}, ["# Gallery of scenarios\n", _HEAD]
    seen = json.loads(PLAYED.read_text(encoding="utf-8"))
    files = sorted((ROOT / "scenarios").rglob("*.yaml"))
    for folder in sorted({file.parent for file in files}):
        name = folder.relative_to(ROOT / "scenarios").as_posix()
        parts.append(f"## {'At the top' if name == '.' else name.replace('_', ' ').capitalize()}\n")
        for file in (one for one in files if one.parent == folder):
            text, picture = _entry(file, seen.get(name_of(file)))
            parts.append(text)
            made[f"pictures/{_slug(file)}.svg"] = picture
    return {"gallery.md": "\n".join(parts), **made}


_HEAD = """Play one with `python run_sim.py run FILE` (with a grid or seeds: `sweep FILE`). The picture shows what
drifts when, a bar for each drift over the run's virtual time; where nothing drifts, who is there and over which links.

"One run" is what a single run with the scenario's own seed showed, of a sweep its base: an example, and no finding.
What is found over seeds stands with the claims and in the pages on [methods of the family](family.md) and on the
[low-bandwidth study](low_bandwidth.md). Where a smaller size was played, what was changed
is named; where a run was stopped, its whole time is estimated from how far it came. The time is processor time, with
the training of a base model where no scenario played before it had left the same one in the cache. Of claims the
verdict is said where it is not the published one; the lines above the size, and `verify claims NAME --full`, say more.
`python docs/_site/play_gallery.py` writes these figures.
"""


def _slug(file: Path) -> str:
    return file.relative_to(ROOT / "scenarios").with_suffix("").as_posix().replace("/", "-")


def _entry(file: Path, seen: Mapping[str, Any] | None) -> tuple[str, str]:
    text = file.read_text(encoding="utf-8")
    content = _content(file)
    lines = [f"### {name_of(file)}\n"]
    if about := str(content.get("description") or "").strip():
        lines.append(f"{about[:1].upper()}{about[1:].rstrip('.')}.\n")
    said = list(_comments(text))
    if said:
        lines.append("\n".join(f"> {escape(one)}" for one in said) + "\n")
    scenario = _loaded(file)
    lines.append(f"{_size(scenario)} {_shown(seen)}\n")
    if claims := list(_claims(content)):
        lines.append("\n".join(claims) + "\n")
    drifts = _picture(content)
    what = f"What drifts when in {file.stem}" if drifts else f"Devices, links and cloud of {file.stem}"
    lines.append(f"![{what}](pictures/{_slug(file)}.svg)\n")
    return "\n".join(lines), drifts or world(content if scenario is None else scenario.resolved())


def _content(file: Path) -> dict[str, Any]:
    """Return what a file says beside what it extends, so that it is drawn without its data, too."""
    own = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    return _content(file.parent / own["extends"]) | own if "extends" in own else own


def _loaded(file: Path) -> Any:
    try:
        return load(file)
    except ScenarioErrors:
        return None


def _claims(content: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line for each claim: what it says, and the verdict on record where that is another one."""
    for claim in content.get("claims") or []:
        verdict = f": **{claim['expected']}**; {claim['reading'].strip()}" if "reading" in claim else ""
        yield f"* Claimed: {escape(claim['finding'])} ({escape(claim.get('source', 'ours'))}){escape(verdict)}."


def _shown(seen: Mapping[str, Any] | None) -> str:
    """Return what one run showed, and what it took."""
    if seen is None:
        return "Not played for this page."
    whole = _whole(seen)
    if "processor_s" not in seen:
        return f"Not played to its end for this page: {whole}."
    found = "; ".join(_found(seen))
    took = f"It took {time_in_words(seen['processor_s'], 3)}." + (f" The whole: {whole}." if whole else "")
    run = f"One run of a smaller size ({', '.join(seen['smaller'])})" if "smaller" in seen else "One run"
    return f"{run}: {found}. {took}" if found else took


def _whole(seen: Mapping[str, Any]) -> str:
    """Return what is known of the time of a run that was stopped."""
    if "stopped_at" in seen:
        return f"{seen['stopped_at']:.0%} of it say that it takes about {time_in_words(seen['would_take_s'], 3)}"
    if "prepared_for_s" in seen:
        return f"preparing alone takes more than {time_in_words(seen['prepared_for_s'], 3)}"
    return ""


def _found(seen: Mapping[str, Any]) -> Iterator[str]:
    if "accuracy" in seen:
        beside = [
            f"{what} {100 * seen[name]:.1f}"
            for name, what in (("accuracy_static", "never updated"), ("accuracy_oracle", "oracle"))
            if name in seen
        ]
        yield f"accuracy {100 * seen['accuracy']:.1f} %" + (f" ({', '.join(beside)})" if beside else "")
    if seen.get("recovery_s"):
        yield f"recovery {time_in_words(seen['recovery_s'], 3)}"
    if seen.get("exchanges"):
        yield f"{seen['exchanges']:,} requests, {seen['installed'] / seen['exchanges']:.0%} of them installed"
    if "accuracy" not in seen and seen.get("mean_age_s"):
        yield f"mean age of the deployed model {time_in_words(seen['mean_age_s'], 3)}"


def _comments(text: str) -> Iterator[str]:
    """Yield the comment above a scenario: what it asks, and what to look at or what was found."""
    for line in text.splitlines():
        if not line.startswith("#"):
            return
        if "yaml-language-server" not in line and not re.match(r"#\s*\w+: \{|#\s+(up|down):", line):
            yield line.lstrip("# ").strip()


def _size(scenario: Any) -> str:
    if scenario is None:
        return "Its data are not here."
    devices = sum(cohort.devices for cohort in scenario.fleet)
    return f"Size: {devices:,} devices for {scenario.duration / 60:g} virtual minutes."


def _picture(content: dict[str, Any]) -> str:
    """Return the timeline of a scenario as SVG; nothing where nothing drifts at a time that is written."""
    try:
        whole = units.TIME.parse(content["duration"])
    except (KeyError, ValueError, TypeError):
        return ""
    drifts = [bar for one in content.get("drift") or [] if (bar := _bar(one, whole))]
    if not drifts:
        return ""
    height = _ROW * (len(drifts) + 1) + 6
    inner = _WIDTH - 2 * _LEFT
    rows = []
    for number, (begins, ends, label) in enumerate(drifts):
        x, y = _LEFT + inner * begins, 4 + _ROW * number
        width = max(3.0, inner * (ends - begins))
        rows.append(f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="16" fill="#0072B2" opacity="0.35"/>')
        anchor, at = ("end", x - 4) if begins > 0.6 else ("start", x + 5)
        rows.append(f'<text x="{at:.1f}" y="{y + 12}" text-anchor="{anchor}">{escape(label)}</text>')
    axis = height - _ROW + 4
    rows.append(f'<line x1="{_LEFT}" x2="{_WIDTH - _LEFT}" y1="{axis}" y2="{axis}" stroke="#777"/>')
    rows.append(f'<text x="{_LEFT}" y="{axis + 13}">0</text>')
    rows.append(f'<text x="{_WIDTH - _LEFT}" y="{axis + 13}" text-anchor="end">{whole / 60:g} min</text>')
    style = "<style>text{font:11px sans-serif;fill:#555}@media(prefers-color-scheme:dark){text{fill:#ccc}}</style>"
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}">{style}{"".join(rows)}</svg>'


def _bar(drift: Any, whole: float) -> tuple[float, float, str] | None:
    """Return where the bar of a drift begins and ends, as shares of the run, and its label."""
    try:
        at = units.TIME.parse(drift["at"])
        lasts = units.TIME.parse(drift[_LAST[drift["kind"]]]) if drift.get("kind") in _LAST else whole - at
    except (KeyError, ValueError, TypeError):
        return None
    if not 0 <= at < whole:
        return None
    what = drift.get("to", drift.get("concepts", drift.get("labels", "")))
    said = what if isinstance(what, str) else yaml.safe_dump(what, default_flow_style=True).strip().strip("{}")
    return at / whole, min(1.0, (at + lasts) / whole), f"{drift.get('kind', 'drift')} {said}"[:60]
