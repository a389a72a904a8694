"""What was read of a scenario, in a few lines for a reader who knows the files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

#: Seconds since 1970 are above this in all data that people record.
_EPOCH_S = 1e8
#: Number of names that are listed; the others are counted.
_LISTED = 6


def in_words(read: Mapping[str, Any]) -> dict[str, str]:
    """Return subject -> what was read of it: ``data``, ``links.lte.up``, ``availability of phones``, ``fleet`` ..."""
    words = {"data": _data(read["data"])} if "data" in read else {}
    words |= {"drift": "; ".join(read["drift"])} if "drift" in read else {}
    words |= {path: _recorded(one) for path, one in read.get("links", {}).items()}
    words |= {f"availability of {cohort}": _available(one) for cohort, one in read.get("availability", {}).items()}
    words |= {path: f"{one['path']}; {one['values']:,} values" for path, one in read.get("laws", {}).items()}
    return words | {"fleet": _fleet(read["fleet"])}


def _data(data: Mapping[str, Any]) -> str:
    return "; ".join(part for write in _DATA for part in write(data))


def _origin(data: Mapping[str, Any]) -> Iterator[str]:
    yield f"{data['kind']} {data['path']}" if "path" in data else str(data["kind"])


def _amounts(data: Mapping[str, Any]) -> Iterator[str]:
    for what in ("rows", "images", "users", "items", "owners"):
        if what in data:
            yield f"{data[what]:,} {what}"
    if data.get("evaluated"):
        yield f"{data['evaluated']:,} rows more, which are for evaluation, are left out"
    if "kept" in data:
        core = data["kept"]
        yield f"kept {core['rows']:,} rows of {core['users']:,} users and {core['items']:,} items"
    if "past_rows" in data:
        yield f"{data['past_rows']:,} of them are the past"
    if "shape" in data:
        yield f"shape {' x '.join(map(str, data['shape']))}"
    if "splits" in data:
        yield ", ".join(f"{split} {count:,}" for split, count in data["splits"].items())


def _columns(data: Mapping[str, Any]) -> Iterator[str]:
    if "features" in data:
        named = [f"{name} ({kind})" for name, kind in data["features"].items()]
        yield f"{len(named)} features: {_listed(named)}"
    elif "inputs" in data:
        yield f"inputs {' x '.join(map(str, data['inputs']))}"
    if "views" in data:
        yield f"views {', '.join(data['views'])}"
    for role, column in data.get("columns", {}).items():
        yield f"{role} {column!r}"


def _layout(data: Mapping[str, Any]) -> Iterator[str]:
    if "layout" in data:
        yield data["layout"]


def _classes(data: Mapping[str, Any]) -> Iterator[str]:
    classes = data.get("classes")
    if isinstance(classes, Mapping):
        yield f"{len(classes)} classes: {_listed([f'{name} {count:,}' for name, count in classes.items()])}"
    elif classes is not None:
        yield f"{classes} classes"


def _span(data: Mapping[str, Any]) -> Iterator[str]:
    if "span" in data:
        first, last = data["span"]
        dates = f" ({_date(first)} to {_date(last)}, if seconds since 1970)" if first > _EPOCH_S and last < 4e9 else ""
        yield f"times {first:.17g} to {last:.17g}{dates}"
    if data.get("days"):
        yield "days without hours: what shares a day is in the order of the file"


def _date(at_s: float) -> str:
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%d}"


_DATA: tuple[Callable[[Mapping[str, Any]], Iterator[str]], ...] = (
    _origin,
    _layout,
    _amounts,
    _columns,
    _classes,
    _span,
)


def _recorded(one: Mapping[str, Any]) -> str:
    if "packets" in one:
        return f"{one['path']}; {one['packets']:,} packets, {one['mean_loss']:.3%} of them lost"
    mean = f"mean {one['mean_bps']:,.6g} bit/s" if "mean_bps" in one else f"mean {one['mean_s']:.6g} s"
    states = f"; fitted by {one['states']} states" if "states" in one else ""
    return f"{one['path']}; {one['span_s']:,.6g} s, {mean}, read in {one['unit']}{states}"


def _available(one: Mapping[str, Any]) -> str:
    note = f"; {one['note']}" if "note" in one else ""
    return f"{one['path']}; {one['recordings']:,} devices, {one['until_s']:g} s from the first window on{note}"


def _fleet(fleet: Mapping[str, Any]) -> str:
    parts = [f"{fleet['devices']:,} devices"]
    if "samples" in fleet:
        samples = fleet["samples"]
        parts.append("samples as recorded" if samples is None else f"about {samples:,} samples to come")
    asks = fleet["asks"]
    parts.append("asks only the run knows" if asks is None else f"about {asks:,} asks to come")
    parts.append(f"links {', '.join(fleet['links']) or 'none'}")
    if "called" in fleet:
        parts.append(f"a round would call {fleet['called']:,} devices: it calls all there are")
    return "; ".join([*parts, *([words] if (words := unmet_labels(fleet)) else [])])


def unmet_labels(fleet: Mapping[str, Any]) -> str:
    """Return what cannot learn because no cohort gets labels, and what to write; or nothing."""
    wanted = " and ".join(f"'{name}'" for name in fleet.get("labels_wanted_by", ()))
    return wanted and f"no labels, which {wanted} cannot do without; write 'labels: {{share: 100 %}}' at a cohort"


def _listed(names: list[str]) -> str:
    more = f", and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more
