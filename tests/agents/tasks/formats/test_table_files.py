from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents.tasks.formats.table import Reading, Table, read_table

STREAMS = Path(__file__).resolve().parents[5] / "shared" / "data" / "streams"
ARFF = """\
% a comment
@RELATION 'my data'
@attribute 'wind speed' NUMERIC
@attribute sky {sunny, 'partly cloudy', rain}
% another
@attribute  level\treal
@attribute class {no, yes}

@DATA
1.5, sunny, 2, yes
% in between
2.5,'partly cloudy',?,no

-1e-3,rain,4,no
"""


def write(folder: Path, text: str, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


def read(folder: Path, text: str, name: str = "table.csv", **how: object) -> Table:
    return read_table(write(folder, text, name), Reading(**how))  # type: ignore[arg-type]  # options by name


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", " "])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_delimiters_and_headers_are_found_out(tmp_path: Path, delimiter: str, end: str) -> None:
    rows = [["a", "b", "kind"], ["1", "2.5", "x"], ["3", "-4", "y"], ["5e1", "6", "x"]]
    table = read(tmp_path, end.join(delimiter.join(row) for row in rows))
    assert table.names == ("a", "b")
    assert table.features.tolist() == [[1.0, 2.5], [3.0, -4.0], [50.0, 6.0]]
    assert table.classes == ("x", "y")
    assert table.labels.tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("text", "names", "rows"),
    [
        ("1,2,0\n3,4,1\n", ("column 0", "column 1"), 2),
        ("0,1,target\n3,4,1\n3,5,0\n", ("0", "1"), 2),
        ("5.1,3.5,setosa\n4.9,3.0,virginica\n", ("column 0", "column 1"), 2),
        ("outlook,play\nsunny,yes\nrain,no\nsunny,no\n", ("outlook=sunny", "outlook=rain"), 3),
        ("sunny,yes\nrain,no\nsunny,no\n", ("column 0=sunny", "column 0=rain"), 3),
        ("\ufeffa,b\n1,0\n2,1\n", ("a",), 2),
        ('"a, b","c"\n"1",0\n2,"1"\n', ("a, b",), 2),
    ],
)
def test_a_header_is_told_from_data(tmp_path: Path, text: str, names: tuple[str, ...], rows: int) -> None:
    table = read(tmp_path, text)
    assert table.names == names
    assert len(table.labels) == rows


def test_header_and_delimiter_can_be_told(tmp_path: Path) -> None:
    assert read(tmp_path, "1;2,5\n3;4,5\n", delimiter=";", nominal=(0, 1)).classes == ("2,5", "4,5")
    assert len(read(tmp_path, "1,2\n3,4\n5,6\n", header=True).labels) == 2
    assert len(read(tmp_path, "a,b\nc,d\n", header=False).labels) == 2


def test_target_is_any_column_by_name_or_number(tmp_path: Path) -> None:
    text = "a,b,c\n1,0,7\n2,1,8\n"
    assert read(tmp_path, text, target="a").names == ("b", "c")
    assert read(tmp_path, text, target=1).names == ("a", "c")
    assert read(tmp_path, text, target="b", ignore=("c",)).names == ("a",)


def test_classes_that_are_numbers_are_sorted_as_numbers(tmp_path: Path) -> None:
    table = read(tmp_path, "x,y\n1,10\n1,9\n1,2.0\n1,2\n1,-1.5\n", target="y")
    assert table.classes == ("-1.5", "2", "9", "10")
    assert table.labels.tolist() == [3, 2, 1, 1, 0]


@pytest.mark.parametrize("name", ["table.arff", "table.arff.gz", "no_suffix"])
def test_arff_is_known_by_what_it_says(tmp_path: Path, name: str) -> None:
    table = read(tmp_path, ARFF, name, gaps=True)
    assert table.names == ("wind speed", "sky=sunny", "sky=partly cloudy", "sky=rain", "level")
    assert table.numeric.tolist() == [True, False, False, False, True]
    assert table.classes == ("no", "yes")
    assert table.labels.tolist() == [1, 0, 0]
    assert np.isnan(table.features[1, 4])
    assert table.features[2].tolist() == [-0.001, 0.0, 0.0, 1.0, 4.0]


def test_arff_classes_are_those_declared_even_if_some_never_come(tmp_path: Path) -> None:
    table = read(tmp_path, "@relation r\n@attribute a real\n@attribute c {u, v, w}\n@data\n1,w\n2,w\n")
    assert table.classes == ("u", "v", "w")
    assert table.labels.tolist() == [2, 2]


def test_arff_quotes_and_escapes(tmp_path: Path) -> None:
    header = "@relation r\n@attribute 'it''s' real\n"
    with pytest.raises(ValueError, match=r":2: "):
        read(tmp_path, header + "@data\n", "t.arff")
    text = "@relation r\n@attribute 'it\\'s' real\n@attribute \"c\" {'a,b', \"d'e\"}\n@data\n1, 'a,b'\n2, \"d'e\"\n"
    table = read(tmp_path, text, "t.arff")
    assert table.names == ("it's",)
    assert table.classes == ("a,b", "d'e")


def test_nominal_columns_become_a_feature_for_each_name(tmp_path: Path) -> None:
    table = read(tmp_path, "city,n,y\nrome,3,0\nparis,4,1\nrome,3,1\n", nominal=("n",))
    assert table.names == ("city=rome", "city=paris", "n=3", "n=4")
    assert table.features.tolist() == [[1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]]
    assert not table.numeric.any()


def test_times_and_owners_are_read_and_are_no_features(tmp_path: Path) -> None:
    text = "when,who,x,y\n2024-01-01,b,1,0\n2024-01-01 00:00:30,a,2,1\n2024-01-02T00:00:00,b,3,0\n"
    table = read(tmp_path, text, time="when", owner="who")
    assert table.names == ("x",)
    assert table.times is not None
    assert (table.times - table.times[0]).tolist() == [0.0, 30.0, 86400.0]
    assert table.owners is not None
    assert table.owners.tolist() == [0, 1, 0]


def test_long_tables_are_read_in_pieces(tmp_path: Path) -> None:
    rows = 9001
    table = read(tmp_path, "x,y\n" + "".join(f"{row},{row % 3}\n" for row in range(rows)), "t.csv.gz")
    assert (table.features[:, 0] == np.arange(rows)).all()
    assert (table.labels == np.arange(rows) % 3).all()


CSV_ERRORS = [
    ("", "table.csv: is empty"),
    ("\n \n", "table.csv: is empty"),
    ("a,b\n", "table.csv: holds no row of data"),
    ("a,b\n1,0\n2,1,3\n", "table.csv:3: has 3 columns where the first line has 2"),
    ("a,b\n1,0\n\n2\n", "table.csv:4: has 1 columns where the first line has 2"),
    ("a,b\n1,0\nx,1\n", "table.csv:3: column 'a': 'x' is no number"),
    ("a,b\n1,0\ninf,1\n", "table.csv:3: column 'a': 'inf' is no finite number"),
    ("a,b\n1,0\n1_0,1\n", "table.csv:3: column 'a': '1_0' is no number (underscores between digits"),
    ("a,b\n1,0\n?,1\n", "table.csv:3: column 'a': a value is missing; 'missing: mean'"),
    ("a,b\n1,0\nNaN,1\n", "table.csv:3: column 'a': a value is missing"),
    ("a,b\n1,0\n2,\n", "table.csv:3: column 'b': a value is missing"),
    ("a,b\n1,0\n2,0\n", "table.csv: column 'b' has one class only ('0')"),
    ('a,b\n1,0\n"2,1\n3,0\n', "cannot be cut into columns"),
    ("onlyone\n1\n2\n", "table.csv:1: has one column only"),
    ("a,b\n1,0\n2\x00,1\n", "table.csv:3: holds a zero byte"),
    ("y\n" + "1\n", "has one column only"),
]


@pytest.mark.parametrize(("text", "said"), CSV_ERRORS)
def test_a_bad_csv_file_is_told_by_file_and_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)) as caught:
        read(tmp_path, text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "how", "said"),
    [
        ("a,b,y\n1,,0\n2,,1\n", {"gaps": True}, "column 'b': holds no value in any row; leave it out by 'ignore: [1]'"),
        ("a,b,y\n1,1e308,0\n2,0,1\n", {}, "column 'b': holds 1e+308; write it in a larger unit, or"),
        ("a,b,y\n1,2,0\n2,3,1\n", {"target": "y", "ignore": ("y",)}, "'y' stands under 'ignore' and under 'target'"),
        ("a,b,y\n1,2,0\n2,3,1\n", {"time": "a", "ignore": (0,)}, "'a' stands under 'ignore' and under 'time'; remove"),
        ("a,b,y\n1,2,0\n2,3,1\n", {"owner": "a", "ignore": (0,)}, "'a' stands under 'ignore' and under 'column'"),
        ("a,b,y\n1,2,0\n2,3,1\n", {"nominal": ("a",), "ignore": ("a",)}, "under 'ignore' and under 'nominal'; remove"),
    ],
)
def test_a_column_that_cannot_be_what_it_is_said_to_be_is_refused(
    tmp_path: Path, text: str, how: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(said)) as caught:
        read(tmp_path, text, **how)
    assert "\n" not in str(caught.value)


ARFF_HEAD = "@relation r\n@attribute a real\n@attribute b {u,v}\n"
ARFF_ERRORS = [
    (ARFF_HEAD + "@data\n1,u\n2,w\n", ":6: column 'b': 'w' is none of the declared u, v"),
    (ARFF_HEAD + "@data\n{0 1, 1 u}\n", ":5: is a sparse row"),
    (ARFF_HEAD + "@data\n1,u,3\n", ":5: has 3 values for 2 attributes"),
    (ARFF_HEAD + "@data\n1,'u\n", ":5: "),
    (ARFF_HEAD, "has no line @data"),
    (ARFF_HEAD + "@data\n", "holds no row of data"),
    ("@relation r\n@data\n1,u\n", "declares no attribute"),
    ("@relation r\n@attribute a relational\n@data\n1\n", ":2: attribute 'a' is 'relational'"),
    ("@relation r\n@attribute a {u,v\n@data\n1\n", ":2: the values of attribute 'a' have no closing brace"),
    ("@relation r\n@attribute a\n@data\n1\n", ":2: an attribute has a name and a type"),
    ("@relation r\n@attribute s string\n@attribute b {u,v}\n@data\nx,u\n", "column 's' is a string"),
    ("@relation r\nhello\n@data\n1\n", ":2: 'hello' is no line of an ARFF header"),
]


@pytest.mark.parametrize(("text", "said"), ARFF_ERRORS)
def test_a_bad_arff_file_is_told_by_file_and_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)) as caught:
        read(tmp_path, text, "t.arff")
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"target": "c"}, "target: no column is named 'c'; columns: a, b, a"),
        ({"target": 7}, "target: no column 7; columns are 0 to 2"),
        ({"target": "a"}, "target: several columns are named 'a'"),
        ({"ignore": ("q",)}, "ignore: no column is named 'q'"),
        ({"ignore": (0, 1)}, "no column is left for features"),
    ],
)
def test_columns_that_are_not_there_are_refused(tmp_path: Path, how: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        read(tmp_path, "a,b,a\n1,2,0\n1,2,1\n", **how)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("5,0\n4,1\n", ":3: column 't': time '4' is before '5' above it"),
        ("x,0\n4,1\n", ":2: column 't': 'x' is no time"),
        ("1,0\nnan,1\n", ":3: column 't': 'nan' is no time"),
    ],
)
def test_times_out_of_order_are_told(tmp_path: Path, rows: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        read(tmp_path, "t,y,x\n" + rows.replace("\n", ",1\n"), time="t")


def test_times_out_of_order_are_told_across_pieces(tmp_path: Path) -> None:
    text = "t,x,y\n" + "".join(f"{row},0,{row % 2}\n" for row in range(4096)) + "17,0,1\n"
    with pytest.raises(ValueError, match=r"table.csv:4098: column 't': time '17' is before '4095' above it"):
        read(tmp_path, text, time="t")


def test_too_many_categories_are_no_category(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r":258: column 'a': 'n256' is one name too many: a category has at most 256"):
        read(tmp_path, "a,y\n" + "".join(f"n{row},{row % 2}\n" for row in range(300)))
    with pytest.raises(ValueError, match=r"column 'y': '1000.5' is one name too many"):
        read(tmp_path, "a,y\n" + "".join(f"1,{row + 0.5}\n" for row in range(1100)))
    with pytest.raises(ValueError, match=r"\('None' is no number: most of .* write missing: \['None'\]"):
        read(tmp_path, "a,y\nNone,1\n" + "".join(f"{row}.5,{row % 2}\n" for row in range(300)))


def test_a_cut_gzip_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n" + b"1,0\n2,1\n" * 5000)[:-20])
    with pytest.raises(ValueError, match="gzip file is cut short"):
        read_table(path)


@pytest.mark.parametrize("raw", [b"\x89PNG\r\n\x1a\n\x00\x00", b"a,b\n\xff\xfe,1\n", b"\xd0\xcf\x11\xe0" * 400])
def test_what_is_no_text_is_told(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(raw)
    with pytest.raises(ValueError, match=r"t.csv:\d+: (is no UTF-8 text|holds a zero byte)|t.csv: is a picture"):
        read_table(path)


@pytest.mark.skipif(not STREAMS.is_dir(), reason="the recorded streams are not here")
@pytest.mark.parametrize(
    ("name", "rows", "features", "classes"),
    [
        ("elec.csv.gz", 45_312, 6, 2),
        ("weather.csv.gz", 18_159, 8, 2),
        ("outdoorStream.csv.gz", 4_000, 21, 40),
        ("Rialto.arff.gz", 82_250, 27, 10),
    ],
)
def test_recorded_streams_are_read(name: str, rows: int, features: int, classes: int) -> None:
    table = read_table(STREAMS / name)
    assert table.features.shape == (rows, features)
    assert len(table.classes) == classes
    assert np.isfinite(table.features).all()
    assert (np.bincount(table.labels, minlength=classes) > 0).all()


def test_a_row_of_arff_may_end_in_a_comma_as_moa_writes_it(tmp_path: Path) -> None:
    text = "@relation r\n@attribute a numeric\n@attribute c {x,y}\n\n@data\n\n1,x,\n2,y,\n"
    (tmp_path / "t.arff").write_text(text, encoding="utf-8")
    table = read_table(tmp_path / "t.arff")
    assert table.features[:, 0].tolist() == [1.0, 2.0]
    (tmp_path / "t.arff").write_text(text + "3,x,,\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"t.arff:9: has 4 values for 2 attributes"):
        read_table(tmp_path / "t.arff")
