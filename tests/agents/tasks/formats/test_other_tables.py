"""Parquet, Arrow, JSON, OpenML's and Hugging Face's folders: the same table, whatever holds it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import feather, ipc, parquet

from agents.tasks.formats.table import Reading, read_table
from agents.tasks.frames import as_data

FRAME = pd.DataFrame({"size": [1.5, 2.0, None, 4.25], "sky": ["sun", "rain", "rain", "sun"], "kind": [0, 1, 1, 0]})
FEATURES = [[1.5, 1.0, 0.0], [2.0, 0.0, 1.0], [np.nan, 0.0, 1.0], [4.25, 1.0, 0.0]]
CLASSES = {"kind": {"_type": "ClassLabel", "names": ["no", "yes"]}, "size": {"_type": "Value"}}
XML = """<oml:data_set_description xmlns:oml="http://openml.org/openml"><oml:id>7</oml:id>
<oml:default_target_attribute>kind</oml:default_target_attribute></oml:data_set_description>"""


def rows() -> list[dict[str, object]]:
    return FRAME.astype(object).where(FRAME.notna(), None).to_dict("records")


def csv(path: Path) -> Path:
    FRAME.to_csv(path, index=False)
    return path


def in_parquet(path: Path) -> Path:
    FRAME.to_parquet(path, index=False)
    return path


def in_feather(path: Path) -> Path:
    feather.write_feather(FRAME, path)
    return path


def lines(path: Path) -> Path:
    path.write_text("\n".join(map(json.dumps, rows())), "utf-8")
    return path


def packed_list(path: Path) -> Path:
    path.write_bytes(gzip.compress(json.dumps(rows(), indent=1).encode()))
    return path


def columns(path: Path) -> Path:
    FRAME.to_json(path)
    return path


def openml(path: Path) -> Path:
    path.mkdir()
    (path / "description.xml").write_text(XML, "utf-8")
    FRAME[["kind", "size", "sky"]].to_parquet(path / "dataset_7.pq", index=False)
    return path


def saved(path: Path) -> Path:
    path.mkdir()
    table = pa.Table.from_pandas(FRAME, preserve_index=False)
    (path / "dataset_info.json").write_text(json.dumps({"features": CLASSES}), "utf-8")
    (path / "state.json").write_text("{}", "utf-8")
    for part, piece in enumerate((table.slice(0, 2), table.slice(2))):
        with ipc.new_stream(str(path / f"data-0000{part}-of-00002.arrow"), table.schema) as writer:
            writer.write_table(piece)
    return path


@pytest.mark.parametrize("kind", [None, "own"])
@pytest.mark.parametrize(
    ("write", "name"),
    [
        (csv, "csv"),
        (in_parquet, "parquet"),
        (in_feather, "frame"),
        (lines, "json"),
        (packed_list, "json"),
        (columns, "json"),
        (openml, "openml"),
        (saved, "huggingface"),
    ],
)
def test_every_format_gives_the_same_table(
    tmp_path: Path, write: Callable[[Path], Path], name: str, kind: str | None
) -> None:
    path = write(tmp_path / "data")
    table = read_table(path, Reading(gaps=True, format=name if kind else None))
    assert np.array_equal(table.features, np.array(FEATURES), equal_nan=True)
    assert table.names == ("size", "sky=sun", "sky=rain")
    assert table.labels.tolist() == [0, 1, 1, 0]
    assert table.classes == (("no", "yes") if name == "huggingface" else ("0", "1"))


def test_a_frame_is_written_once_and_read_back_to_the_bit(tmp_path: Path) -> None:
    numbers = pd.DataFrame(np.random.default_rng(1).normal(size=(50, 3)), columns=[3, 4, 5])
    numbers["kind"] = np.arange(50) % 2 == 0
    first, second = as_data(numbers, tmp_path, target="kind"), as_data(numbers.copy(), tmp_path, target="kind")
    assert first == second
    table = read_table(first["path"], Reading(target="kind", format="frame"))
    assert (table.features == numbers[[3, 4, 5]].to_numpy()).all()
    assert table.classes == ("false", "true")


def test_frames_of_other_libraries_are_the_same_data(tmp_path: Path) -> None:
    polars = pytest.importorskip("polars")
    table = pa.table({"a": [1.0, 2.0], "kind": ["x", "y"]})
    written = [as_data(frame, tmp_path) for frame in (polars.from_arrow(table), table, table.to_pandas())]
    tables = [read_table(data["path"]) for data in written]
    assert [one.features.tolist() for one in tables] == [[[1.0], [2.0]]] * 3
    assert [one.classes for one in tables] == [("x", "y")] * 3


def test_splits_of_a_hub_folder_are_named(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for split, part in (("train", FRAME), ("test", FRAME[:2])):
        part.to_parquet(tmp_path / "data" / f"{split}-00000-of-00001.parquet", index=False)
    assert len(read_table(tmp_path, Reading(gaps=True, split="test", format="huggingface")).labels) == 2
    with pytest.raises(ValueError, match=r"has the splits test, train; write for example 'split: test'"):
        read_table(tmp_path, Reading(format="huggingface"))
    with pytest.raises(ValueError, match=r"has no split 'valid'; there are test, train"):
        read_table(tmp_path, Reading(format="huggingface", split="valid"))


def cut_parquet(path: Path) -> Path:
    path.write_bytes(in_parquet(path).read_bytes()[:-9])
    return path


def with_lists(path: Path) -> Path:
    parquet.write_table(pa.table({"a": [[1], [2]], "kind": [0, 1]}), path)
    return path


def text(content: str) -> Callable[[Path], Path]:
    def write(path: Path) -> Path:
        path.write_text(content, "utf-8")
        return path

    return write


@pytest.mark.parametrize(
    ("write", "format_", "said"),
    [
        (cut_parquet, None, "is damaged, or neither Parquet nor Arrow"),
        (with_lists, None, "column 'a' is a list; name it under 'ignore'"),
        (csv, "parquet", "is no Parquet file but text in columns; write 'kind: csv'"),
        (csv, "huggingface", "is a file; name the folder of the data set"),
        (csv, "openml", r"holds no dataset.pq or dataset.arff"),
        (text('{"a": 1}\n{"a": }\n'), None, r"data:2: is no JSON"),
        (text('{"a": 1, "k": 0}\n{"a": "x", "k": 1}\n{"a": 2, "k": 1}\n{"a": 3, "k": 1}'), None, "'x' is no number"),
        (text('{"a": [1, 2], "k": [0]}'), None, "columns are not equally long: a 2, k 1"),
        (text("[1, 2]"), None, "a row is a map from column to value, and not 1"),
        (text("[" * 100_000), None, "nested too deeply"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    tmp_path: Path, write: Callable[[Path], Path], format_: str | None, said: str
) -> None:
    path = write(tmp_path / "data")
    with pytest.raises(ValueError, match=said) as caught:
        read_table(path, Reading(format=format_))
    assert "\n" not in str(caught.value)
    assert "data" in str(caught.value)


def test_a_missing_value_names_its_row(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"data:3: column 'size': a value is missing; 'missing: mean'"):
        read_table(in_parquet(tmp_path / "data"))
