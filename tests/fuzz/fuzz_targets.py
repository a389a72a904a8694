"""What is fuzzed: each target reads any bytes as one kind of input and may refuse them only in planned words.

A target raises whatever is no refusal: an internal error, a message that does not name the file, a value that does not
survive being written and read again.
"""

from __future__ import annotations

import io
import tempfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from fuzz_folders import damaged_run, printed
from fuzz_seeds import checkpoint_file

from agents.contract.seal import seal
from agents.tabular.packed import unpacked
from agents.tasks.formats.cifar import read_records
from agents.tasks.formats.idx import read_array
from agents.tasks.formats.npz import read_archive
from agents.tasks.formats.table import Reading, read_table
from agents.tasks.recommendation.reading import read_log
from analysis import RunError, open_folder
from sim.network.traces.losses import load_losses
from sim.network.traces.recorded import load_latency, load_rate
from sim.network.traces.windows import load_windows
from sim.run.resuming.checkpoints import Checkpoints
from sim.run.resuming.journal import Past
from sim.scenario import ScenarioErrors, load
from sim.scenario.loader import dump_resolved
from sim.scenario.units import DIMENSIONS, UnitError

Target = Callable[[bytes], None]


@cache
def scratch() -> Path:
    """Return a folder for the files of this process."""
    return Path(tempfile.mkdtemp(prefix="fuzz-"))


def _written(name: str, data: bytes) -> Path:
    path = scratch() / name
    path.write_bytes(data)
    return path


def _require_name(path: Path, error: Exception) -> None:
    if path.name not in str(error):
        raise AssertionError(f"names no file: {str(error)!r}") from error


def _refusable(read: Callable[[], Any], path: Path) -> Any:
    """Read; a refusal must be a ValueError that names the file."""
    try:
        return read()
    except ValueError as error:
        return _require_name(path, error)


def yaml(data: bytes) -> None:
    """A scenario; what is accepted must load alike from its resolved form."""
    path = _written("scenario.yaml", data)
    try:
        scenario = load(path)
    except ScenarioErrors as error:
        _require_name(path, error)
        return
    again = load(_written("resolved.yaml", dump_resolved(scenario).encode()))
    assert again.resolved() == scenario.resolved()


def units(data: bytes) -> None:
    """A quantity of each dimension; what is accepted must be written so that it reads alike."""
    text = data.decode("utf-8", "replace")
    for dimension in DIMENSIONS:
        with suppress(UnitError):
            value = dimension.parse(text)
            assert dimension.parse(dimension.format(value)) == value, text


def traces(data: bytes) -> None:
    """A recording of a rate, latency, losses or availability, read as each of them."""
    path = _written("trace.csv", data)
    reads: tuple[Callable[[], Any], ...] = (
        lambda: load_rate(path),
        lambda: load_rate(path, unit="kbit/s", time_unit="s"),
        lambda: load_latency(path),
        lambda: load_losses(path, lost=1),
        lambda: load_windows(path, unit="s"),
    )
    for read in reads:
        found = _refusable(read, path)
        if hasattr(found, "when"):
            assert found.bits(0.0, 10.0) >= 0.0
            assert found.when(1.0, 1e5) >= 1.0
    load_windows.__globals__["_load"].cache_clear()


def tables(data: bytes) -> None:
    """A table as CSV, ARFF or LIBSVM, with gaps and without."""
    path = _written("table.csv", data)
    for how in (Reading(), Reading(gaps=True, target=0), Reading(time=0, delimiter=";")):
        found = _refusable(lambda how=how: read_table(path, how), path)
        if found is not None:
            assert len(found.features) == len(found.labels)
            assert not np.isinf(found.features).any()


def logs(data: bytes) -> None:
    """A log of interactions."""
    path = _written("log.tsv", data)
    found = _refusable(lambda: read_log(path), path)
    if found is not None:
        assert np.isfinite(found.time_s).all()


def archives(data: bytes) -> None:
    """Packed text, or an archive of images in each of its formats."""
    path = _written("set.npz", data)

    def text() -> None:
        with unpacked(path) as stream:
            while stream.read(1 << 16):
                pass

    for read in (text, lambda: read_archive(path), lambda: read_array(path), lambda: read_records(path)):
        _refusable(read, path)


def checkpoints(data: bytes) -> None:
    """A checkpoint, with its seal broken or, if the first byte is even, made whole again over what is damaged."""
    folder = scratch() / "checkpoints"
    folder.mkdir(exist_ok=True)
    path = folder / checkpoint_file()
    path.write_bytes(data[1:])
    with suppress(AssertionError):
        if data[:1] and data[0] % 2 == 0:
            seal(path)
    found = Checkpoints(folder).newest([bytes(16)] * 10)
    assert found is None or found.snapshot is not None


def journals(data: bytes) -> None:
    """A journal; if the first byte is even, the checksums of its records are made right again."""
    content = _framed(data[1:]) if data[:1] and data[0] % 2 == 0 else data[1:]
    past = Past.read(_written("journal", content))
    if past is not None:
        assert len(list(past.entries())) == len(past.orders)


def _framed(content: bytes) -> bytes:
    """Return a journal with right checksums: records keep their lengths as far as they fit."""
    line, _, rest = content.partition(b"\n")
    whole = io.BytesIO()
    whole.write(line + b"\n")
    while len(rest) >= 8:
        body = rest[8 : 8 + int.from_bytes(rest[:4], "little")]
        whole.write(len(body).to_bytes(4, "little") + zlib.crc32(body).to_bytes(4, "little") + body)
        rest = rest[8 + len(body) :]
    return whole.getvalue()


def folders(data: bytes) -> None:
    """A run folder with damage as the bytes say; reading and printing it may end in RunError only."""
    folder = damaged_run(scratch(), data)
    try:
        printed(open_folder(folder, False))
    except RunError as error:
        if "resolved.yaml" not in str(error):
            _require_name(folder, error)


#: Name -> target.
TARGETS: dict[str, Target] = {
    one.__name__: one for one in (yaml, units, traces, tables, logs, archives, checkpoints, journals, folders)
}
