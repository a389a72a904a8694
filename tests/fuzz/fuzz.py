"""Fuzzes one target guided by coverage: ``python tests/fuzz/fuzz.py TARGET [-max_total_time=20] [FOLDER] ...``.

Needs atheris (extra ``fuzz``); what stands behind the target are options of libFuzzer. An input that fails is left in
the folder where it is run, as ``crash-...``, ``timeout-...`` or ``oom-...``: copy it into ``tests/fuzz/corpus/TARGET``.
"""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Callable
from hashlib import sha1
from pathlib import Path
from tempfile import mkdtemp

import atheris

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]
warnings.simplefilter("ignore")
logging.disable()

with atheris.instrument_imports(include=["sim", "agents", "analysis", "yaml", "fuzz_folders"]):
    from fuzz_seeds import SEEDS, WORDS
    from fuzz_targets import TARGETS


def main() -> None:
    """Fuzz until the options say that it ends."""
    name, *options = sys.argv[1:]
    seeds = Path(mkdtemp(prefix="seeds-"))
    for number, seed in enumerate(SEEDS[name]):
        (seeds / f"seed-{number}").write_bytes(seed)
    # Seeds at their full length from the start: libFuzzer would begin with a few bytes.
    limits = ["-timeout=20", "-rss_limit_mb=2000", "-len_control=0"]
    if name in WORDS:
        words = Path(mkdtemp(prefix="words-")) / "words"
        words.write_text("".join(f'"{_quoted(word)}"\n' for word in WORDS[name]), encoding="ascii")
        limits.append(f"-dict={words}")
    corpus = Path(mkdtemp(prefix="found-"))
    grown = [] if any(not one.startswith("-") for one in options) else [str(corpus)]
    atheris.Setup([sys.argv[0], *limits, *options, *grown, str(seeds), *_failed(name)], _keeping(TARGETS[name]))
    atheris.Fuzz()


def _keeping(target: Callable[[bytes], None]) -> Callable[[bytes], None]:
    """Return a target that leaves an input that raises: libFuzzer does not where Python ends the process."""

    def one(data: bytes) -> None:
        try:
            target(data)
        except Exception:
            Path(f"crash-{sha1(data, usedforsecurity=False).hexdigest()}").write_bytes(data)
            raise

    return one


def _failed(name: str) -> list[str]:
    """Return the folder of inputs that failed once, if there are any."""
    folder = HERE / "corpus" / name
    return [str(folder)] if folder.is_dir() else []


def _quoted(word: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word.encode())


if __name__ == "__main__":
    main()
