"""A supervisor of runs on Ray: Ray's processes end with the run, and a run that Ray ends is reported.

Ray's native code ends a process at once when the node's service or the cluster's head is gone: no exception, no
``finally``, no message. So the run is a child of this process, which waits, passes signals on, reports how it
ended, and ends all processes that are left of it.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from sim.run.output_folder import append_line
from sim.run.resuming.interrupts import resume_line

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
#: Who sent a signal: 128 is the kernel, which signals the whole foreground group of a terminal itself.
_SI_KERNEL = 128
_ENVIRONMENT = 3
_TIDY_S = 10.0


def supervise(folder: Path) -> None:
    """Fork this process: the child returns and runs into ``folder``; the parent never returns.

    Where processes cannot be forked and adopted (other systems than Linux) nothing happens.
    """
    if sys.platform != "linux":
        return
    watched = {*_PASSED_ON, signal.SIGCHLD}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, watched)
    mine, its = os.pipe()
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 1)
    sys.stdout.flush()
    sys.stderr.flush()
    supervisor, child = os.getpid(), os.fork()
    if child:
        os.close(its)
        _watch(child, mine, folder)
    os.close(mine)
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 0)
    end_with_parent(supervisor)
    # Reached only if the interpreter exits normally.
    atexit.register(_mark, its)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_with_parent(parent: int) -> None:
    """Let this process end (SIGTERM) when ``parent``, which has just started it, does; nothing on other systems."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    end_without(parent)


def end_without(parent: int) -> None:
    """End this process at once if ``parent``, which started it, is no more."""
    if os.getppid() != parent:
        os._exit(_ENVIRONMENT)


def _mark(end: int) -> None:
    # There is no reader when the supervisor itself was killed.
    with suppress(BrokenPipeError):
        os.write(end, b".")


def _watch(child: int, end: int, folder: Path) -> NoReturn:
    status = _wait_for(child)
    _end_orphans()
    in_order = os.read(end, 1) == b"."
    code = os.waitstatus_to_exitcode(status)
    if code < 0 or (code and not in_order):
        code = _report_breakdown(code, folder)
    os._exit(code)


def _wait_for(child: int) -> int:
    """Wait for the child, reap other orphans, and pass signals on; return how the child ended."""
    while True:
        message = signal.sigwaitinfo({*_PASSED_ON, signal.SIGCHLD})
        if message.si_signo != signal.SIGCHLD:
            if message.si_code != _SI_KERNEL and signal.getsignal(message.si_signo) is not signal.SIG_IGN:
                os.kill(child, message.si_signo)
            continue
        while (ended := _reap(-1)) is not None:
            if ended[0] == child:
                return ended[1]


def _reap(pid: int) -> tuple[int, int] | None:
    """Return (process, status) of a child that has ended, or None."""
    try:
        ended, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return None
    return (ended, status) if ended else None


def _end_orphans() -> None:
    """End every process that the run has left behind; they have become children of this one."""
    give_up_s = time.monotonic() + _TIDY_S
    while (left := _children()) and time.monotonic() < give_up_s:
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        while _reap(-1) is not None:
            pass
        time.sleep(0.01)


def _children() -> list[int]:
    own = Path(f"/proc/self/task/{os.getpid()}/children")
    return [int(pid) for pid in own.read_text(encoding="ascii").split()]


def _report_breakdown(code: int, folder: Path) -> int:
    """Report the end of a run that could not report it itself; return the exit code."""
    if code in (-signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP):
        message, code = f"killed by {signal.Signals(-code).name}; look for a lack of memory", 128 - code
    else:
        message, code = (
            "Ray broke down and took the run with it: its service on this machine or its head ended",
            _ENVIRONMENT,
        )
    try:
        (folder / "STATUS").write_text("partial\n", encoding="utf-8")
        append_line(folder / "run.log", message)
    except OSError:
        message += f"; {folder} cannot be written to"
    # The bar of what was ended may stand in this line.
    begin = "\n" if os.isatty(2) else ""
    os.write(2, f"{begin}{message}; {resume_line(folder)}\n".encode())
    return code
