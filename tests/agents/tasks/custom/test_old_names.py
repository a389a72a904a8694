"""A stream that was written for 0.1.0 gets one clear line with the new word."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

from agents.tasks.custom.stream import ChunkRequest


def test_the_old_name_of_the_uniforms_is_answered_with_the_new_one() -> None:
    ones = np.ones((1, 1))
    block = ChunkRequest("phones", ones[0], ones[0], ones, ones.astype(bool), ones, {})
    with pytest.raises(AttributeError, match=r"a block has no 'luck'; it is called 'uniform' since"):
        block.luck  # noqa: B018
    with pytest.raises(AttributeError, match=r"a block has no 'colour'$"):
        block.colour  # noqa: B018


def test_the_old_name_of_the_base_class_is_answered_with_the_new_one() -> None:
    module = importlib.import_module("agents.tasks.own")
    with pytest.raises(ImportError, match=r"from agents\.tasks\.custom\.stream import CustomStream"):
        module.OwnStream  # noqa: B018
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        module.Nothing  # noqa: B018
