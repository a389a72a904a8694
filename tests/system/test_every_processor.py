"""Law 1 on every processor: one scenario and one seed give one digest, whichever instructions libraries may use."""

from __future__ import annotations

from pathlib import Path

import pytest
from processors import CASES, SETTINGS, digests

Digests = dict[str, dict[str, str]]

#: Cases that no test leaves out.
SHORT = ("one input", "one of everything", "odd sizes", "gaussians", "din")
#: Other models than these compute with kernels of our own alone, once they are trained; pictures are torch's.
PICTURES = ("digits, persona", "digits, recurrent persona", "cnn", "mobilenet")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Digests:
    """Return the digests of the short cases on this processor; their models are in the cache from now on."""
    return digests(tmp_path_factory.mktemp("here"), "as it is", *SHORT)


@pytest.fixture(scope="module")
def all_here(tmp_path_factory: pytest.TempPathFactory) -> Digests:
    """Return the digests of all cases on this processor, with workers, too."""
    return digests(tmp_path_factory.mktemp("all-here"), "as it is", *CASES, workers=2)


def assert_one_digest_each(reported: Digests, wanted: Digests) -> None:
    """Compare ways of running; models that were trained alike run alike on other processors as well."""
    for case, ways in reported.items():
        assert len(set(ways.values())) == 1, (case, ways)
        if case not in PICTURES:
            assert ways["lazy"] == wanted[case]["lazy"], case


@pytest.mark.parametrize("setting", ["as it is", "sse", "avx2"])
def test_lazily_and_eagerly_it_is_one_digest_on_every_processor(here: Digests, tmp_path: Path, setting: str) -> None:
    reported = here if setting == "as it is" else digests(tmp_path, setting, *SHORT)
    assert_one_digest_each(reported, here)


@pytest.mark.ray
def test_devices_of_one_input_are_shared_out_among_workers_without_a_trace(tmp_path: Path) -> None:
    reported = digests(tmp_path, "avx2", "one input, many devices", workers=2)
    assert_one_digest_each(reported, reported)


@pytest.mark.slow
@pytest.mark.ray
@pytest.mark.timeout(900)
@pytest.mark.parametrize("setting", SETTINGS)
def test_every_model_gives_one_digest_on_every_processor(all_here: Digests, tmp_path: Path, setting: str) -> None:
    reported = all_here if setting == "as it is" else digests(tmp_path, setting, *CASES, workers=2)
    assert_one_digest_each(reported, all_here)
