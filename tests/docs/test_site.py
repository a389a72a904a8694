"""The site is built strictly: no link leads nowhere, no page is missing; and the notebook runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pages import DOCS, ROOT


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("material")
    folder = tmp_path_factory.mktemp("site")
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "DISABLE_MKDOCS_2_WARNING": "true"}
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_the_site_has_its_pages(site: Path) -> None:
    for page in ("tutorial", "gallery", "reference/commands", "reference/grammar", "how-to/own-data"):
        assert (site / page / "index.html").is_file(), page
    # With these axe finds nothing: contrast, links in text, names and reach of what the theme makes.
    assert (site / "site.css").is_file()
    assert (site / "site.js").is_file()
    listed = (site / "llms.txt").read_text(encoding="utf-8")
    assert "[Tutorial](tutorial.md)" in listed


def test_words_of_the_glossary_show_what_they_mean(site: Path) -> None:
    page = (site / "explanation" / "oracle" / "index.html").read_text(encoding="utf-8")
    assert '<abbr title="The best model under the concept in force' in page


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    page = (site / "index.html").read_text(encoding="utf-8")
    assert "fonts.googleapis.com" not in page


def test_the_notebook_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    monkeypatch.setenv("DRIFTBED_CLONE", str(ROOT))
    notebook = nbformat.read(DOCS / "results.ipynb", as_version=4)
    nbclient.NotebookClient(notebook, timeout=250, resources={"metadata": {"path": str(tmp_path)}}).execute()
    last = notebook.cells[-1].outputs[0]["text"]
    assert "digest" in last
