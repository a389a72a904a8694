"""A table for learning: features, classes, and where they are named, times and owners of the rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import batched
from pathlib import Path

import numpy as np

from agents.tasks.formats.arff import arff_sheet, is_arff
from agents.tasks.formats.columns import MISSING, CellError, Column, Names, Numbers, Times, is_number
from agents.tasks.formats.delimited import delimited_sheet
from agents.tasks.formats.sheet import Row, Sheet, open_lines
