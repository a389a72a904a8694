"""Files that appear whole or not at all: no reader ever meets half of one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Hand out a file beside ``path`` to be written; it takes the place of ``path`` at the end of the block.

    Raises:
        OSError: it cannot be written; the error names ``path``, also where the system names none (a full disk).
    """
    draft, beside = None, f".{path.stem}-"
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=beside, suffix=path.suffix)
        draft = Path(name)
        os.close(handle)
        yield draft
        os.chmod(draft, 0o644)
        os.replace(draft, path)
    except OSError as error:
        if error.errno is not None and (error.filename is None or Path(error.filename).name.startswith(beside)):
            error.filename = str(path)
        raise
    finally:
        if draft is not None:
            draft.unlink(missing_ok=True)
