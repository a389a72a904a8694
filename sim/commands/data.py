"""The command ``data``: the recorded data that shipped scenarios name, listed and downloaded."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sim.commands.exits import BAD_INPUT, ENVIRONMENT, FAILED, OK
from sim.commands.line_breaks import broken
from sim.data_sources import SOURCES, DataSource, data_folder
from sim.scenario.problems import near_miss


def data(options: argparse.Namespace) -> int:
    """List what there is, or get what is named."""
    if options.what == "list":
        if options.names:
            print(f"data list: lists everything; leave out {' '.join(options.names)}", file=sys.stderr)
            return BAD_INPUT
        print("\n".join(line for name, source in SOURCES.items() for line in _lines(name, source)))
        return OK
    if not options.names:
        print(f"data get: name what is wanted: all, {', '.join(SOURCES)}", file=sys.stderr)
        return BAD_INPUT
    names = list(SOURCES) if options.names == ["all"] else options.names
    for name in names:
        if name not in SOURCES:
            print(f"there are no data {name!r}{near_miss(name, list(SOURCES))}", file=sys.stderr)
            return BAD_INPUT
    return max(_got(name, SOURCES[name]) for name in names)


def _lines(name: str, source: DataSource) -> list[str]:
    there = "here" if (data_folder() / source.place).exists() else f"{source.nbytes / 1e6:.1f} MB"
    return [
        broken(f"{name:<12} {there:>9}  {source.what}", 24),
        broken(f"{'':<12} {'':>9}  for {', '.join(source.scenarios)}; licence: {source.licence}", 24),
        f"{'':<12} {'':>9}  {source.url}",
    ]


def _got(name: str, source: DataSource) -> int:
    target = data_folder() / source.place
    if target.exists():
        print(f"{name}: is here, {target}")
        return OK
    try:
        import pooch
    except ImportError:
        print("data get needs pooch: pip install pooch", file=sys.stderr)
        return ENVIRONMENT
    print(f"{name}: {source.nbytes / 1e6:.1f} MB from {source.url}; licence: {source.licence}")
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
            _download(pooch, source, Path(scratch), target)
    except (OSError, ValueError) as error:
        # What networks raise are OSErrors, a wrong checksum is a ValueError.
        print(f"{name}: was not downloaded: {_why(error, source)}; {_by_hand(source, target)}", file=sys.stderr)
        return FAILED
    print(f"{name}: {target}")
    return OK


def _why(error: Exception, source: DataSource) -> str:
    """Return in one line what went wrong; requests uses many words for a host that does not answer."""
    if type(error).__name__ in ("ConnectionError", "ConnectTimeout", "ReadTimeout"):
        return f"{urlsplit(source.url).hostname} does not answer"
    return (str(error).splitlines() or [type(error).__name__])[0]


def _by_hand(source: DataSource, target: Path) -> str:
    """Return what to do where no command can download it."""
    what = "unpack it as" if source.is_archive else "put it at"
    return f"fetch it on another machine and {what} {target}"


def _download(pooch: Any, source: DataSource, scratch: Path, target: Path) -> None:
    """Download, check and move into place: what is in place is whole."""
    pooch.get_logger().setLevel("ERROR")
    file = Path(pooch.retrieve(source.url, source.checksum, fname="download", path=scratch))
    if source.is_archive:
        folder = scratch / "unpacked"
        shutil.unpack_archive(file, folder, "gztar", filter="data")
        inner = [one for one in folder.iterdir() if one.is_dir()]
        (inner[0] if len(inner) == 1 else folder).replace(target)
    else:
        file.replace(target)
