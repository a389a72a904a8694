"""Pages that play for a while: in a file of their own, so that another worker plays them."""

from __future__ import annotations

from pathlib import Path

import pytest
from pages import LONG, PAINTED, play, played


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("page", [page for page in played() if page.name in LONG], ids=lambda page: page.name)
def test_what_a_long_page_says_can_be_typed(page: Path, tmp_path: Path, warm_python: Path) -> None:
    play(page, tmp_path, warm_python, painted=page.name in PAINTED)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("page", [page for page in played() if page.name not in PAINTED], ids=lambda page: page.name)
def test_what_a_page_says_can_be_typed_and_its_figures_be_painted(
    page: Path, tmp_path: Path, warm_python: Path
) -> None:
    play(page, tmp_path, warm_python, painted=True)
