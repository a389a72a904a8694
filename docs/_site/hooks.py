"""Pages that are made when the site is built: commands, grammar, columns, metrics, gallery, llms.txt, and hovers."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

import made_gallery  # noqa: E402  # beside this file
import made_reference  # noqa: E402  # beside this file
from mkdocs.structure.files import File, Files  # noqa: E402  # after the path

from analysis.glossary import meanings  # noqa: E402  # after the path


def made_pages() -> dict[str, str]:
    """Return every page that is made: its place in the site -> its text."""
    return {
        "reference/commands.md": made_reference.commands(),
        "reference/grammar.md": made_reference.grammar(),
        "reference/columns.md": made_reference.columns(),
        "reference/metrics.md": made_reference.metrics(),
        **made_gallery.pages(),
    }


def hovers(glossary: str) -> str:
    """Return an abbreviation of Markdown for each word of the glossary, so that it shows its meaning under a mouse."""
    return "\n".join(f"*[{word}]: {meaning}" for word, meaning in meanings(glossary).items())


def llms(nav: list[Any], folder: Path, made: dict[str, str]) -> str:
    """Return ``llms.txt``: every page with its title and first sentence, for programs that read documentation."""
    lines = [
        "# driftbed",
        "",
        "> Simulates device-cloud model adaptation under drift, over narrow links and real queues.",
    ]
    for title, place in _pages(nav):
        text = made[place] if place in made else (folder / place).read_text(encoding="utf-8")
        body = [line for line in text.splitlines() if line and line[0] not in "#<|!-`" and not line.startswith("---")]
        lines.append(f"- [{title}]({place}): {body[0][:140] if body else title}")
    return "\n".join([*lines, ""])


def _pages(nav: list[Any]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for entry in nav:
        for title, below in entry.items():
            found += _pages(below) if isinstance(below, list) else [(title, below)]
    return found


def on_files(files: Files, config: Any) -> Files:
    """Add what is made to the files of the site."""
    made = made_pages()
    for place, text in {**made, "llms.txt": llms(config["nav"], Path(config["docs_dir"]), made)}.items():
        files.append(File.generated(config, place, content=text))
    for name in ("site.css", "site.js"):
        files.append(File.generated(config, name, abs_src_path=str(Path(__file__).with_name(name))))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, **_: Any) -> str:
    """Let the words of the glossary show what they mean, on every page but its own."""
    if page.file.src_uri == "glossary.md":
        return markdown
    glossary = (Path(config["docs_dir"]) / "glossary.md").read_text(encoding="utf-8")
    return f"{markdown}\n\n{hovers(glossary)}\n"
