"""What the commands of ``run_sim.py`` do: one function a command, from parsed options to an exit code.

The command line stands above all packages, so these modules alone may import the ``analysis`` beside ``sim``; and
each imports what it needs only when it is called, so that checking scenarios loads nothing heavy.
"""

from __future__ import annotations

import argparse
import sys
from importlib import import_module

from sim.commands.exits import FAILED, INTERRUPTED, OK


def carry_out(options: argparse.Namespace) -> int:
    """Run the command that ``options.command`` names (``module:function``, the module below this package)."""
    module, _, function = options.command.partition(":")
    try:
        code: int = getattr(import_module(f"{__name__}.{module}"), function)(options)
        return code
    except KeyboardInterrupt as error:
        print(str(error) or "interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return OK
    except Exception as error:
        if options.debug:
            raise
        if isinstance(error.__cause__, KeyboardInterrupt):
            # Native code has turned Ctrl-C into an error of its own.
            print("interrupted", file=sys.stderr)
            return INTERRUPTED
        return _print_error(error)


def _print_error(error: Exception) -> int:
    """Print an error without a traceback; return the exit code."""
    from sim.commands.failures import known_failure

    code, message = known_failure(error) or (
        FAILED,
        f"{type(error).__name__}: {error} (add --debug for the traceback)",
    )
    print(message, file=sys.stderr)
    return code
