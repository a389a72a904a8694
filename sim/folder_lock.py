"""One process at a time may write to a run folder."""

from __future__ import annotations

import os
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from weakref import finalize


class FolderError(Exception):
    """The folder that was asked for cannot take a run; the message is one line with a remedy."""


class Lock:
    """Keeps a folder to oneself; the system lets go of it however the process ends.

    Raises:
        FolderError: somebody else has it.
    """

    def __init__(self, folder: Path) -> None:
        handle = os.open(folder, os.O_RDONLY)
        self.release = finalize(self, os.close, handle)
        try:
            flock(handle, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            self.release()
            raise FolderError(f"{folder}: is being played right now, by another process") from None
