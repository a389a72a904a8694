"""Which codecs fit what a method sends: some need differences, not whole states, some that nothing is ever left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from agents.codecs import CODECS
from sim.scenario.inner_method import parts_of
from sim.scenario.tagged_union import Chosen

_PAYLOADS, _UPDATES = "payload", "update"


def misfits(adapter: Chosen, codec: Chosen, update_codec: Chosen | None) -> Iterator[tuple[str, str]]:
    """Yield (key, what is wrong) of codecs that need differences where ``adapter`` sends whole states.

    What stands around another method sends what that one does. A user's own method is taken to send what its codec
    needs.
    """
    innermost = parts_of(adapter)[-1]
    yield from _forgotten(innermost.chosen, codec, update_codec)
    kind, row = adapter.kind, innermost.row
    if row is None or "silence" in row.gives or "no task" in row.needs:
        return
    whole = [one for one in (_PAYLOADS, _UPDATES) if f"{one} differences" not in row.gives]
    if update_codec is None:
        yield from _misfit(kind, "codec", codec, whole)
    else:
        yield from _misfit(kind, "codec", codec, {_PAYLOADS} & set(whole))
        yield from _misfit(kind, "update_codec", update_codec, {_UPDATES} & set(whole))


def _forgotten(adapter: Chosen, codec: Chosen, update_codec: Chosen | None) -> Iterator[tuple[str, str]]:
    """Yield a codec of updates that remembers them, where parts of these are not always sent."""
    key, chosen = ("codec", codec) if update_codec is None else ("update_codec", update_codec)
    if getattr(adapter, "brings", None) == "when_changed" and _remembers(chosen):
        yield (
            key,
            f"'{chosen.kind}' remembers what it sent, and 'brings: when_changed' leaves prototypes out of most "
            "updates; write 'brings: always', or 'update_codec: int8'",
        )


def _remembers(codec: Chosen) -> bool:
    row = CODECS.get(codec.kind)
    if row is None or not row.traits.get("remembers"):
        return False
    return not any(getattr(codec, name) == value for name, value in row.traits.get("forgets", {}).items())


def size_varies(codec: Any) -> bool:
    """Return whether the sizes that a codec makes depend on what messages say; a user's own may do as it likes."""
    row = CODECS.get(codec.kind)
    if row is None:
        return False
    inner = getattr(codec, "numbers", None)
    if inner is not None:
        named: dict[str, Any] = {"kind": inner} if isinstance(inner, str) else dict(inner)
        return _varies(named.get("kind", ""), named.get("threshold"))
    return _varies(codec.kind, getattr(codec, "threshold", None))


def _varies(kind: str, threshold: float | None) -> bool:
    row = CODECS.get(kind)
    return threshold is not None or (row is not None and "sizes from data" in row.traits)


def _misfit(adapter: str, key: str, codec: Chosen, whole: Iterable[str]) -> Iterator[tuple[str, str]]:
    coded, row = [f"{kind}s" for kind in whole], CODECS.get(codec.kind)
    if not coded or row is None or "differences" not in row.needs:
        return
    numbers = f"{{kind: {codec.kind}, ...}}" if codec.model_fields_set - {"kind"} else codec.kind
    at = "update_codec" if coded == ["updates"] else key
    yield (
        key,
        f"'{codec.kind}' needs differences, and '{adapter}' sends whole states as {' and '.join(coded)}; "
        f"write '{at}: {{kind: delta, numbers: {numbers}}}'",
    )
