"""The command ``serve``: a local page over run folders, which reads and changes nothing."""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import webbrowser
from collections.abc import Sequence
from pathlib import Path

import analysis
from analysis.html import Markup, figure
from analysis.serving import PageServer
from analysis.serving.library import Library
from sim.commands.exits import ENVIRONMENT, OK, CommandError
from sim.commands.failures import known_failure
from sim.commands.timeline import device_of
from sim.run.device_timeline import sample_timeline

#: matplotlib's settings belong to the process, and a run played again takes the machine: one device at a time.
_ONE = threading.Lock()
_CAPTION = "From the top: the concept, requests with their stages, samples right and wrong, what was waited for, age."


def serve(options: argparse.Namespace) -> int:
    """Serve until Ctrl-C."""
    root = Path(options.folder)
    if not root.is_dir():
        raise CommandError(f"{root}: there is no such folder; name one that holds runs")
    # One that cannot be read would be shown as one that is empty.
    next(root.iterdir(), None)

    def look_up(folder: Path, device: str, draw: bool) -> tuple[int, Sequence[str], Markup | None]:
        try:
            return device_timeline(folder, device, draw=draw, allow_plugins=options.allow_plugins)
        except Exception as error:
            if (known := known_failure(error)) is None:
                raise
            raise analysis.RunError(known[1]) from error

    try:
        server = PageServer(Library(root), look_up, options.port)
    except OSError as error:
        taken = f"port {options.port} of this machine cannot be had ({error.strerror}); choose another with --port"
        raise CommandError(taken, ENVIRONMENT) from error
    print(f"{server.address}  shows {root}; Ctrl-C ends it", flush=True)
    if options.open:
        webbrowser.open(server.address)
    try:
        server.serve_forever(poll_interval=0.2)
    except KeyboardInterrupt:
        print("ended", file=sys.stderr)
    finally:
        server.server_close()
    return OK


def device_timeline(
    folder: Path, device: str, *, draw: bool, allow_plugins: bool = False
) -> tuple[int, Sequence[str], Markup | None]:
    """Return a device's number and its requests around the first drift; its drawing only if the run is to be played.

    No ``device`` stands for the worst, or the first where none was judged.
    """
    with _ONE:
        run = analysis.open_run(folder)
        number = device_of(run, device or ("worst" if analysis.typical_devices(run) else "0"))
        after_s, until_s = analysis.around(run, None)
        samples = sample_timeline(folder, [number], allow_plugins=allow_plugins) if draw else _no_samples()
        shown = analysis.timeline_of(run, samples, number, after_s, until_s)
        return number, analysis.timeline_lines(shown), _drawing(shown) if draw else None


def _no_samples() -> dict[str, object]:
    """Return no samples, for a device of which only requests are shown."""
    import numpy as np

    return {name: np.zeros(0) for name in ("device", "time_s", "correct")}


def _drawing(shown: object) -> Markup:
    with tempfile.TemporaryDirectory() as folder:
        files = analysis.write_timeline(shown, Path(folder))
        drawing = next(file for file in files if file.suffix == ".svg")
        return figure(drawing, None, "device", analysis.describe_timeline(shown), _CAPTION)
