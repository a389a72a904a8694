"""Which codecs fit what a method sends: those that leave most of a message out need differences, not whole states."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from agents.codecs import CODECS
from sim.scenario.probe import ADAPTERS
from sim.scenario.tagged_union import Chosen

_PAYLOADS, _UPDATES = "payload", "update"


def misfits(adapter: str, codec: Chosen, update_codec: Chosen | None) -> Iterator[tuple[str, str]]:
    """Yield (key, what is wrong) of codecs that need differences where ``adapter`` sends whole states.

    A user's own method is taken to send what its codec needs.
    """
    row = ADAPTERS.get(adapter)
    if row is None or "silence" in row.gives or "no task" in row.needs:
        return
    whole = [kind for kind in (_PAYLOADS, _UPDATES) if f"{kind} differences" not in row.gives]
    if update_codec is None:
        yield from _misfit(adapter, "codec", codec, whole)
    else:
        yield from _misfit(adapter, "codec", codec, {_PAYLOADS} & set(whole))
        yield from _misfit(adapter, "update_codec", update_codec, {_UPDATES} & set(whole))


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
