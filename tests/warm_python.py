"""A Python that has imported its libraries already: what a test types starts in a moment, as a process of its own.

``python FILE ARGUMENTS`` and ``python -m MODULE ARGUMENTS`` are forks of one process that has loaded torch, pandas and
matplotlib and computed nothing. They have the folder, the environment and the files of whoever typed them, and modules
of their own; only what a library reads from the environment as it is imported is as it was for that process.
"""

from __future__ import annotations

import array
import contextlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
#: What nearly every command loads, and what takes long to load.
HEAVY = ("torch", "pandas", "matplotlib.figure", "matplotlib.backends.backend_svg", "scipy.stats", "sklearn.metrics")
HEAVY += ("pyarrow.parquet", "numba", "simpy", "rich.progress", "pydantic", "yaml", "run_sim", "sim.run.run_scenario")
#: What nearly every command loads of the program itself.
OURS = ("sim.commands.run", "sim.commands.report", "sim.verify.cases", "agents.build", "agents.surrogate.build")
OURS += ("analysis.report", "analysis.console", "tests.blank_figures")
#: Longest request [bytes].
_MOST = 2**20
_CLIENT = '''\
#!{python} -SE
"""Asks a process that is warm to do what was typed; what that cannot do is done by a cold one."""
import json, os, socket, sys

words = sys.argv[1:]
if not words or (words[0].startswith("-") and words[0] != "-m"):
    os.execv({python!r}, [{python!r}, *words])
with socket.socket(socket.AF_UNIX) as asked:
    asked.connect({address!r})
    told = json.dumps([words, os.getcwd(), dict(os.environ)]).encode()
    socket.send_fds(asked, [len(told).to_bytes(4, "big") + told], [0, 1, 2])
    said = asked.recv(1)
sys.exit(said[0] if said else "the process was ended by a signal")
'''


class WarmPython:
    """A warm process, and the file ``python`` in ``folder`` that asks it."""

    def __init__(self, folder: Path) -> None:
        # The address of a socket holds about a hundred characters.
        self._address = str(folder / "s")
        self.path = folder / "python"
        self.path.write_text(_CLIENT.format(python=sys.executable, address=self._address), encoding="utf-8")
        self.path.chmod(0o755)
        words = [sys.executable, __file__, self._address]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        self._process = subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "warm\n"

    def close(self) -> None:
        """End the warm process."""
        self._process.terminate()
        self._process.communicate(timeout=60)


def _serve(address: str) -> None:
    for name in (*HEAVY, *OURS):
        __import__(name)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(address)
        server.listen()
        print("warm", flush=True)
        while True:
            ready, _, _ = select.select([server], [], [], 0.2)
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            if ready:
                asked, _ = server.accept()
                if os.fork() == 0:
                    server.close()
                    _answer(asked)
                asked.close()


def _answer(asked: socket.socket) -> None:
    """Do what was asked for, in this process, and end it."""
    words, folder, environment = _request(asked)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    code = 1
    try:
        sys.exit(_run(words))
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        asked.sendall(bytes([code % 256]))
        os._exit(code % 256)


def _request(asked: socket.socket) -> tuple[list[str], str, dict[str, str]]:
    """Receive what was typed, and take over the files of who typed it."""
    kind = array.array("i").itemsize
    told, files, _, _ = socket.recv_fds(asked, _MOST, 3 * kind)
    size = int.from_bytes(told[:4], "big")
    while len(told) < 4 + size:
        told += asked.recv(_MOST)
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    words, folder, environment = json.loads(told[4:])
    return words, folder, environment


def _run(words: list[str]) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    blank_figures = sys.modules["tests.blank_figures"]
    if blank_figures.are_blank():
        blank_figures.leave_blank(pytest.MonkeyPatch())
    # On one core, points of a sweep are played here, and not in processes that are cold.
    os.sched_getaffinity = lambda pid: {0}
    if words[0] == "-m":
        sys.argv, sys.path[0] = words[1:], ""
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv, sys.path[0] = words, str(Path(words[0]).resolve().parent)
        runpy.run_path(words[0], run_name="__main__")


if __name__ == "__main__":
    _serve(sys.argv[1])
