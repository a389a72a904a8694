"""What the commands of ``run_sim.py`` do: one function a command, from parsed options to an exit code.

The command line stands above all packages, so these modules alone may import the ``analysis`` beside ``sim``; and
each imports what it needs only when it is called, so that checking scenarios loads nothing heavy.
"""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import suppress
from importlib import import_module

from sim.commands.exits import FAILED, INTERRUPTED, OK
from sim.commands.settings_folder import usable_settings_folder


def carry_out(options: argparse.Namespace) -> int:
    """Run the command that ``options.command`` names (``module:function``, the module below this package)."""
    module, _, function = options.command.partition(":")
    _open_streams()
    try:
        with usable_settings_folder():
            code: int = getattr(import_module(f"{__name__}.{module}"), function)(options)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt as error:
        print(str(error) or "interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Who read the output has what he wanted; Python would report it once more as it ends.
        _drop_output()
        return OK
    except Exception as error:
        if options.debug:
            raise
        if isinstance(error.__cause__, KeyboardInterrupt):
            # Native code has turned Ctrl-C into an error of its own.
            print("interrupted", file=sys.stderr)
            return INTERRUPTED
        return _print_error(error)


def _open_streams() -> None:
    """Let what was closed before the start (``>&-``) take what is printed, and drop it."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115  # until the process ends


def _drop_output() -> None:
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  # until the process ends


def _print_error(error: Exception) -> int:
    """Print an error without a traceback; return the exit code."""
    from sim.commands.failures import known_failure
    from sim.scenario.problems import one_line

    code, message = known_failure(error) or (
        FAILED,
        f"{type(error).__name__}: {error} (add --debug for the traceback)",
    )
    print("\n".join(map(one_line, message.splitlines())), file=sys.stderr)
    with suppress(OSError):
        sys.stdout.flush()
        return code
    # It takes no more: Python would report it once more as it ends.
    _drop_output()
    return code
