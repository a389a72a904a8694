"""Numbers, headers, dates and gaps as tools and people write them: read as meant, or refused with the remedy."""

from __future__ import annotations

import re
import tempfile
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.tabular.guessing import Labels
from agents.tabular.spelling import MISSING, Spelling, other_spelling
from agents.tasks.formats.table import Reading, Table, read_table

ROWS = 40
numbers = st.floats(-1e9, 1e9).map(lambda value: f"{value:.4f}")


def read(folder: Path, text: str | bytes, **how: object) -> Table:
    path = folder / "table.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_table(path, Reading(**how))  # type: ignore[arg-type]  # options by name


def column(cell: str, rows: int = ROWS) -> str:
    """Return a table of one column of features and a class, with ``cell`` in row 3; # is a digit."""
    return "a;kind\n" + "".join(
        f"{cell.replace('#', str(row % 9 + 1))};{'xy'[row % 2]}\n" for row in range(1, rows + 1)
    )


@given(rows=st.lists(st.tuples(numbers, numbers), min_size=2, max_size=12), grouped=st.booleans())
def test_a_table_with_decimal_commas_reads_like_the_one_with_points(rows: list[tuple[str, str]], grouped: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        body = [";".join([*row, "xy"[n % 2]]) for n, row in enumerate(rows)]
        points = read(Path(folder), "a;b;kind\n" + "\n".join(body))
        if grouped:
            body = [f"{float(p):,.4f};{float(q):,.4f};{'xy'[n % 2]}" for n, (p, q) in enumerate(rows)]
            body = [line.translate(str.maketrans(",.", ".,")) for line in body]
        commas = "a;b;kind\n" + "\n".join(line.replace(".", ",") if not grouped else line for line in body)
        spelled = read(Path(folder), commas, spelling=Spelling(",", "." if grouped else None))
        assert (points.features == spelled.features).all()
        # The reader that goes line by line agrees: a quote within a cell sends it there.
        odd = read(Path(folder), commas + '\n1;2;"x"" "\n', spelling=Spelling(",", "." if grouped else None))
        assert (odd.features[:-1] == points.features).all()


@pytest.mark.parametrize(
    ("cell", "remedy"),
    [
        ("0,#", "write decimal: ','"),
        ("1,234,#00", "write thousands: ','"),
        ("1.234,#", "write decimal: ',' and thousands: '.'"),
        ("#,500", "decimal: ',' if the comma begins a fraction, thousands: ',' if not"),
        ("12 #50 000,5", "name their sign under thousands"),
        ("#%", "per cent: remove the sign"),
        ("$#.5", "remove the currency"),
        ("#\u20ac", "remove the currency"),
        ("0x1F#", "write it in decimals"),
        ("\u2212#", "a minus of print"),
        ("#ms", "remove the unit"),
        ("# kB/s", "remove the unit"),
        ("(#.0)", "negative number of accounts"),
        ("#-", "negative number of accounts"),
        ("1.5D+#", "exponent of Fortran"),
        ("1_#", "underscores between digits: remove them"),
    ],
)
def test_numbers_in_another_spelling_are_refused_with_the_remedy(tmp_path: Path, cell: str, remedy: str) -> None:
    with pytest.raises(ValueError, match=re.escape(remedy)) as caught:
        read(tmp_path, column(cell))
    assert re.match(r".*table.csv:[23]: column 'a': ", str(caught.value))
    assert "nominal" in str(caught.value)
    assert len(read(tmp_path, column(cell), nominal=("a",)).labels) == ROWS


@pytest.mark.parametrize("gap", ["None", "-", "#N/A", "missing", "-999"])
def test_what_stands_for_no_value_can_be_said(tmp_path: Path, gap: str) -> None:
    body = "".join(f"{n}.5;{'xy'[n % 2]}\n" for n in range(ROWS))
    for text, line in ((f"a;kind\n{gap};x\n{body}", 2), (f"a;kind\n{body}{gap};x\n", ROWS + 2)):
        if gap != "-999":
            with pytest.raises(ValueError, match=rf"table.csv:{line}: .*missing"):
                read(tmp_path, text)
        table = read(tmp_path, text, gaps=True, spelling=Spelling(missing=frozenset({gap})))
        assert np.isnan(table.features[line - 2, 0])
        assert np.isnan(table.features).sum() == 1


def test_na_may_be_a_class_and_a_category(tmp_path: Path) -> None:
    text = "a;b;kind\n" + "1;NA;EU\n2;null;NA\n" * 9
    with pytest.raises(ValueError, match="list under 'missing' only what stands for no value"):
        read(tmp_path, text)
    table = read(tmp_path, text, spelling=Spelling(missing=frozenset({"?"})))
    assert table.classes == ("EU", "NA")
    assert table.names == ("a", "b=NA", "b=null")


@pytest.mark.parametrize("first", ["0,1,label", "0,1,2", "2019,2020,c"])
def test_a_header_of_numbers_is_known_or_asked_about(tmp_path: Path, first: str) -> None:
    text = f"{first}\n" + "0.5,1.5,cat\n0.25,3,dog\n" * 10
    if first.startswith("0"):
        table = read(tmp_path, text)
        assert (table.classes, len(table.labels)) == (("cat", "dog"), 20)
    else:
        with pytest.raises(ValueError, match=r"table.csv:1: may name the columns, or be data; write 'header: true'"):
            read(tmp_path, text)
        assert len(read(tmp_path, text, header=True).labels) == 20
        assert len(read(tmp_path, text, header=False).labels) == 21


def test_numbers_of_their_own_columns_above_numbers_alone_are_asked_about(tmp_path: Path) -> None:
    text = "0,1,2\n" + "0.5,1.5,0\n0.25,3,1\n" * 10
    with pytest.raises(ValueError, match="'header: true' or 'header: false'"):
        read(tmp_path, text)
    assert len(read(tmp_path, text, header=True).labels) == 20


@pytest.mark.parametrize("head", [",x,y,kind", '"",x,y,kind', "Unnamed: 0,x,y,kind", "x,y,kind"])
def test_a_column_of_row_numbers_without_a_name_is_refused(tmp_path: Path, head: str) -> None:
    text = f"{head}\n" + "".join(f"{n},{n}.5,{n % 7},{'ab'[n % 2]}\n" for n in range(30))
    with pytest.raises(ValueError, match=r"column 0 has no name.*'ignore: \[0\]'"):
        read(tmp_path, text)
    assert read(tmp_path, text, ignore=(0,)).names == ("x", "y")


@pytest.mark.parametrize("label", ["{0}.5", "{0},5", "{0}00"])
def test_a_last_column_of_amounts_is_no_class(tmp_path: Path, label: str) -> None:
    text = "a;price\n" + "".join(f"{n};{label.format(n)}\n" for n in range(1, 60))
    with pytest.raises(ValueError, match=r"the last column, 'price', holds amounts.*name the class under 'target'"):
        read(tmp_path, text)
    with pytest.raises(ValueError, match="column 'price' holds amounts"):
        read(tmp_path, text, target="price")
    assert len(read(tmp_path, text, target="price", nominal=("price",)).classes) == 59


@pytest.mark.parametrize(
    ("cells", "gaps_s"),
    [
        (["20200731", "20200801", "20200803"], [86400.0, 172800.0]),
        (["20191231235959", "20200101000000", "20200101000005"], [1.0, 5.0]),
        (["202012312359", "202101010000", "202101010001"], [60.0, 60.0]),
        (["2020123123", "2021010100", "2021010102"], [3600.0, 7200.0]),
        (["2020-12-31", "2021-01-01 00:00", "2021-01-01T00:00:30Z"], [86400.0, 30.0]),
        (["2020/12/31", "2021/01/01", "2021/01/01 01:00"], [86400.0, 3600.0]),
        (["202012", "202101", "202102"], [89.0, 1.0]),
        (["20200001", "20200002", "20200004"], [1.0, 2.0]),
    ],
)
def test_dates_are_dates_in_every_spelling_that_can_be_read_in_one_way(
    tmp_path: Path, cells: list[str], gaps_s: list[float]
) -> None:
    text = "t,a,kind\n" + "".join(f"{cell},{n},{'xy'[n % 2]}\n" for n, cell in enumerate(cells))
    times = read(tmp_path, text, time="t").times
    assert times is not None
    assert np.diff(times).tolist() == gaps_s


def test_a_day_that_may_be_a_month_is_asked_about(tmp_path: Path) -> None:
    text = "t,a,kind\n" + "".join(f"{day:02}/03/2020,{day},{'xy'[day % 2]}\n" for day in range(1, 9))
    with pytest.raises(ValueError, match=r"table.csv:2: .*two ways.*time_format: '%d/%m/%Y'"):
        read(tmp_path, text, time="t")
    times = read(tmp_path, text, time="t", time_format="%d/%m/%Y").times
    assert times is not None
    assert (np.diff(times) == 86400.0).all()


def test_times_are_numbers_or_dates_and_not_both(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"table.csv:3: .*'2020-01-01' is a date, where the rows above hold others"):
        read(tmp_path, "t,a,k\n5,1,x\n2020-01-01,2,y\n", time="t")


@pytest.mark.parametrize(
    ("before", "skip"),
    [("sep=;\n", 0), ('"sep=;"\r\n', 0), ("# made by a tool\n# 2024, v1\n", 0), ("a report\n\nof today\n", 3)],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_lines_before_the_header_are_no_data(tmp_path: Path, before: str, skip: int, encoding: str) -> None:
    text = before + "a;kind\n" + "1;x\n2;y\n" * 9
    raw = (b"\xff\xfe" if encoding == "utf-16-le" else b"") + text.encode(encoding)
    table = read(tmp_path, raw, skip=skip)
    assert table.names == ("a",)
    assert table.features[:, 0].tolist() == [1.0, 2.0] * 9
    with pytest.raises(ValueError, match=rf"table.csv:{text.count(chr(10)) + 1}: column 'a'"):
        read(
            tmp_path,
            raw + "oh;x\n".encode(encoding.removesuffix("-sig") if encoding != "utf-16" else "utf-16-le"),
            skip=skip,
        )


@pytest.mark.parametrize(
    ("mark", "above"), [(",", "# made by a tool, version 3\n#x, y ,kind\n"), (" ", "# x y kind\n")]
)
def test_a_comment_may_name_the_columns_below_it(tmp_path: Path, mark: str, above: str) -> None:
    body = "".join(mark.join((f"{n}.5", str(n % 7), str(n % 2))) + "\n" for n in range(20))
    table = read(tmp_path, above + body, target="kind")
    assert table.names == ("x", "y")
    assert len(table.labels) == 20
    assert read(tmp_path, f"# a note of three words here\n{body}").names == ("column 0", "column 1")


def test_libsvm_rows_are_a_table(tmp_path: Path) -> None:
    table = read(tmp_path, "# of a tool\n+1 1:0.5 3:2\n-1 2:1e-1 # note\n+1 qid:3 1:4\n-1\n")
    assert table.names == ("1", "2", "3")
    assert table.features.tolist() == [[0.5, 0, 2], [0, 0.1, 0], [4, 0, 0], [0, 0, 0]]
    assert table.classes == ("-1", "1")
    assert read(tmp_path, "a 0:1 2:5\nb 1:1\n").names == ("0", "1", "2")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1 1:2\n0 3:1 2:2\n", ":2: indices have to grow"),
        ("1 1:2\n0 1:1 99999999999:2\n", ":2: index 999999999 is above"),
        ("1 1:2\n0 1:x\n", ":2: column '1': 'x' is no number"),
        ("1 1:2\n" * 70 + "0;1\n", ":71: is no row 'label index:value"),
    ],
)
def test_a_bad_libsvm_row_is_reported_by_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        read(tmp_path, text)


def test_arff_as_tools_write_it(tmp_path: Path) -> None:
    text = (
        "% by a tool\n@relation r % of streams\n@attribute 'a%b' numeric % in per cent\n"
        "@attribute c {'kind A' , \"50 %\"} % two\n"
        "@data % now\n1 'kind A'\n2\t'50 %'\n3, 'kind A',\n"
    )
    table = read(tmp_path, text)
    assert table.names == ("a%b",)
    assert table.classes == ("kind A", "50 %")
    assert table.features[:, 0].tolist() == [1.0, 2.0, 3.0]
    assert table.labels.tolist() == [0, 1, 0]


@given(st.text(max_size=12))
def test_any_cell_is_a_number_another_spelling_or_none(cell: str) -> None:
    spelling = Spelling(missing=MISSING)
    if spelling.is_number(cell):
        assert other_spelling(cell) is not None


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        # Above 2 ** 53 a float does not tell whole numbers apart, nor those beside them.
        (["9007199254740993", "9007199254740992", "9007199254740992.5"], None),
        (["18446744073709551614", "18446744073709551615", "-9007199254740993"], None),
        (["1e400", "2e400", "1e-400", "2e-400"], None),
        (["1_0", "10"], None),
        (["nan", "1"], None),
        (["10", "10.0", "1e1", "+10", "9.50", "9.5"], ("9.5", "10")),
    ],
)
def test_classes_are_numbers_to_the_last_digit(labels: list[str], classes: tuple[str, ...] | None) -> None:
    for cells in (labels, labels[::-1]):
        column = Labels(100, Spelling(missing=frozenset()))
        codes = column.read(cells)
        ranks = column.order[codes.astype(int)]
        if classes is None:
            assert len(set(ranks)) == len(labels)
            finite = [
                rank for _, rank in sorted((Decimal(c), r) for c, r in zip(cells, ranks, strict=True) if c[0] in "-19")
            ]
            assert finite == sorted(finite)
        else:
            assert tuple(np.array(list(column.known))[column.order.argsort()]) == classes
