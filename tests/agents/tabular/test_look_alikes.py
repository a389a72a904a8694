"""What looks like something else: amounts in words, dates in digits, formats with a line too many or too few."""

from __future__ import annotations

import datetime
from pathlib import Path

import numpy as np
import pytest

from agents.tabular.moments import compact_dates, moment_s
from agents.tabular.spelling import Spelling
from agents.tasks.formats.table import Reading, read_table
from agents.tasks.recommendation.reading import read_log
from sim.network.traces.losses import load_losses
from sim.network.traces.recorded import TraceError, load_rate
from sim.network.traces.windows import load_windows

ROWS = "".join(f"{n % 7},{n % 5},{'pq'[n % 2]}\n" for n in range(60))
ARFF = "@relation r\n@attribute a numeric\n@attribute b numeric\n@attribute c {p,q}\n@data\n" + ROWS
#: Days of July and August 2020.
DAYS = [datetime.date(2020, 7, 19) + datetime.timedelta(n) for n in range(40)]


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "file"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def cells_of(folder: Path, cells: list[str]) -> Path:
    """Write a table of one feature, a number and a class."""
    return written(folder, "a\tb\tc\n" + "".join(f"{cell}\t{n}\t{'pq'[n % 2]}\n" for n, cell in enumerate(cells)))


AMOUNTS = [
    "#k",
    "#.5M",
    "#bn",
    "# rpm",
    "#rpm",
    "-#.5 dBm",
    "#\u00b0",
    "#\u2030",
    "# pct",
    "# days",
    "#x",
    "#th",
    "#\u00b2",
]
AMOUNTS += ["USD #", "#.99 EUR", "Rs. #", "#\u20b9", "\u2011#", "\uff0d#", "\u200b#", "#\u200e", "# \u00b1 2", "#+/-1"]
AMOUNTS += [
    "1h0#m",
    "# h # min",
    "PT#S",
    "P1DT#H",
    "#' 3\"",
    "1:0#.5",
    "#\u00bd",
    "# 1/2",
    "#\u00d710^3",
    "#x10\u2076",
    "[#]",
]
AMOUNTS += ["ca. #", "#[a]", "\u00d7#"]


@pytest.mark.parametrize("form", AMOUNTS)
def test_an_amount_in_words_is_no_category(tmp_path: Path, form: str) -> None:
    path = cells_of(tmp_path, [form.replace("#", str(n % 9 + 1)) for n in range(90)])
    with pytest.raises(ValueError, match=r"column 'a': .*is no number: .*under 'nominal'"):
        read_table(path)
    assert len(read_table(path, Reading(nominal=("a",))).labels) == 90


@pytest.mark.parametrize("form", ["Q#", "node#", "v#", "#-#9", "#.#.#", "cluster #", "A#", "#/4 inch pipe"])
def test_names_with_numbers_in_them_are_categories(tmp_path: Path, form: str) -> None:
    path = cells_of(tmp_path, [form.replace("#", str(n % 9 + 1)) for n in range(90)])
    assert read_table(path).features.shape == (90, 10)


@pytest.mark.parametrize(
    "layout", ["%Y%m%d", "%Y%m%d%H%M", "%d-%b-%y", "%b %d, %Y", "%Y.%m.%d", "%Y\u5e74%m\u6708%d\u65e5"]
)
def test_a_date_is_no_feature_whatever_its_layout(tmp_path: Path, layout: str) -> None:
    path = cells_of(tmp_path, [day.strftime(layout) for day in DAYS])
    with pytest.raises(ValueError, match=r"column 'a': .*date.*'time' or 'ignore'"):
        read_table(path)


def test_numbers_of_eight_digits_that_are_no_dates_are_numbers(tmp_path: Path) -> None:
    assert read_table(cells_of(tmp_path, [str(20_200_731 + n) for n in range(40)])).names == ("a", "b")


@pytest.mark.parametrize("layout", ["%y%m%d", "%Y%j", "%Y%m%d"])
def test_days_in_digits_are_a_day_apart_over_the_end_of_a_month(layout: str) -> None:
    seconds = compact_dates(np.array([float(day.strftime(layout)) for day in DAYS]))
    assert seconds is not None
    assert set(np.diff(seconds).tolist()) == {86_400.0}
    assert compact_dates(np.array([200_719.0, 200_720.0])) is None


@pytest.mark.parametrize(("cell", "layout"), [("2020-07", "%Y-%m"), ("19-Jul-20", "%d-%b-%y"), ("2020-200", "%Y-%j")])
def test_the_layout_that_is_proposed_is_the_one_that_is_meant(cell: str, layout: str) -> None:
    with pytest.raises(ValueError, match=layout):
        moment_s(cell)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2019,2020,2021\n" + "".join(f"{n % 7},{n % 5},{n % 2}\n" for n in range(60)), "'header: true' or"),
        ("My data,,\na,b,c\n" + ROWS, "names one column of 3; .*'skip: 1'"),
        ("a,b,c\n" + ROWS.replace("\n", ",,\n"), "have 5 columns, this one 3; take the 2 delimiters away"),
        (ARFF.replace("@data\n", "@data "), "'0,0,p' stands behind @data"),
        ("1 a:1\n0 b:2\n" * 30, "indices that are whole numbers"),
        ("1 1.5:1\n0 2:2\n" * 30, "indices that are whole numbers"),
        ("0,1 1:3\n1 2:2\n" * 30, "with one label"),
        ("1 1: 2\n0 1: 3\n" * 30, "label index:value"),
        (b"\x93NUMPY\1\0" + bytes(99), "one NumPy array"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), "workbook"),
        (b"]\0\0" + bytes(99), "lzma alone"),
    ],
)
def test_a_table_that_is_laid_out_otherwise_is_refused(tmp_path: Path, text: str | bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_table(written(tmp_path, text))


@pytest.mark.parametrize(
    "text", [ARFF.replace("@relation r\n", ""), "sep=\t\n" + ("a,b,c\n" + ROWS).replace(",", "\t")]
)
def test_a_table_whose_first_line_lacks_or_is_a_tab_is_read(tmp_path: Path, text: str) -> None:
    assert read_table(written(tmp_path, text)).features.shape == (60, 2)


def test_data_counts_from_its_own_first_line_where_numbers_name_no_columns(tmp_path: Path) -> None:
    text = "".join(f"{n},{n + 1},{(n + 2) % 3}\n" for n in range(1, 60))
    assert len(read_table(written(tmp_path, text)).labels) == 59


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"user": 1, "item": 2, "timestamp": 3}\n', "is JSON; write a log as CSV"),
        ("u,i,t\na,b,1\n".encode("utf-16-le"), "zero byte"),
    ],
)
def test_a_log_that_is_no_columns_is_refused(tmp_path: Path, text: str | bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_log(written(tmp_path, text))


def test_traces_that_count_since_1970_or_say_lengths_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=r"18,519 days after the beginning"):
        load_rate(written(tmp_path, "1600000000000\n1600000000100\n"))
    with pytest.raises(TraceError, match="counted ms since 1970; write them in seconds"):
        load_windows(written(tmp_path, '{"a": [[1600000000000, 1600000010000]]}'), unit="s")
    with pytest.raises(TraceError, match="'duration_s' says how long it lasts: write when it ends"):
        load_windows(written(tmp_path, "device,start_s,duration_s\na,100,10\n"), unit="s")


def test_comments_and_quotes_in_losses_are_no_packets(tmp_path: Path) -> None:
    text = '# 3 packets\n"lost"\n"0"\n# one was lost\n"1"\n"0"\n'
    assert load_losses(written(tmp_path, text)).as_recorded().tolist() == [False, True, False]
    with pytest.raises(TraceError, match=":4: holds '2'"):
        load_losses(written(tmp_path, "# a\nlost\n0\n2\n"))


SPELLED = [
    "1,2#,045.50",
    "$1,00#.50",
    "\u20ac 1.00#,50",
    "1.00#,5 %",
    "1,00# kg",
    "# 000 km",
    "1'00#.50 CHF",
    "(1,00#)",
]
SPELLED += [
    "2.5f#",
    "10^#",
    "10**-#",
    "#\u066b5",
    "#\u00b75",
    "tensor(#.5)",
    "np.float64(#.5)",
    "Decimal('#.5')",
    "array([#.5])",
]
SPELLED += ["#+2i", "#.5-2.0j", "[#, 4]", "52\u00b0#'30\"N", "#\u00b0"]


@pytest.mark.parametrize("spelled", SPELLED)
@pytest.mark.parametrize("different", [6, 10])
def test_numbers_of_other_tools_are_no_categories(tmp_path: Path, spelled: str, different: int) -> None:
    cells = [spelled.replace("#", str(n % different)) for n in range(60)]
    with pytest.raises(ValueError, match=r"file:2: column 'a': .* is no number: .*; if these are categories"):
        read_table(cells_of(tmp_path, cells))


@pytest.mark.parametrize(("decimal", "cell"), [("\u066b", "#\u066b5"), ("\u00b7", "#\u00b75"), (",", "#,5")])
def test_what_the_remedy_says_is_read(tmp_path: Path, decimal: str, cell: str) -> None:
    path = cells_of(tmp_path, [cell.replace("#", str(n)) for n in range(60)])
    assert read_table(path, Reading(spelling=Spelling(decimal))).features[:2, 0].tolist() == [0.5, 1.5]


@pytest.mark.parametrize(
    "name", ["index", "ID", "row", "No.", "S.No", "row_id", "sample id", "#", "level_0", "Unnamed: 0.1"]
)
def test_a_column_that_counts_the_rows_is_no_feature(tmp_path: Path, name: str) -> None:
    rows = "".join(f"{n},{n % 7},{'pq'[n % 2]}\n" for n in range(60))
    path = written(tmp_path, f"{name},a,c\n{rows}")
    with pytest.raises(ValueError, match=r"leave it out by 'ignore: \[0\]', or"):
        read_table(path)
    assert read_table(path, Reading(ignore=(0,))).names == ("a",)


@pytest.mark.parametrize("name", ["age", "time", "idle"])
def test_a_measurement_that_grows_by_one_is_a_feature(tmp_path: Path, name: str) -> None:
    rows = "".join(f"{n},{n % 7},{'pq'[n % 2]}\n" for n in range(60))
    assert read_table(written(tmp_path, f"{name},a,c\n{rows}")).names == (name, "a")


def test_an_id_that_does_not_count_is_a_feature(tmp_path: Path) -> None:
    rows = "".join(f"{7 * n % 60},{n % 7},{'pq'[n % 2]}\n" for n in range(60))
    assert read_table(written(tmp_path, f"id,a,c\n{rows}")).names == ("id", "a")


@pytest.mark.parametrize(("head", "ends"), [("a;b;c;;", ";;"), ("a;b;c", ";"), ("a;b;c;", ";"), ("a;b;c", "")])
def test_what_spreadsheets_leave_behind_is_nothing(tmp_path: Path, head: str, ends: str) -> None:
    rows = "".join(f"{n % 7};{n};{'pq'[n % 2]}{ends}\n" for n in range(60))
    table = read_table(written(tmp_path, f"{head}\n{rows};;{ends}\n ; ;{ends}\n"))
    assert table.names == ("a", "b")
    assert len(table.labels) == 60


def test_a_column_behind_the_last_name_that_holds_something_is_refused(tmp_path: Path) -> None:
    rows = "".join(f"{n % 7};{n};{'pq'[n % 2]};;{'x' if n == 50 else ''}\n" for n in range(60))
    with pytest.raises(ValueError, match=r"leave it out by 'ignore: \[4\]'"):
        read_table(written(tmp_path, f"a;b;c;;\n{rows}"))


@pytest.mark.parametrize(
    ("above", "skip"),
    [
        ("% 1. Title\n% 2. of x, y\n", 2),
        ("|1x3 Cross validator\n", 1),
        ("// made by\n", 1),
        ("; made by\n", 1),
        ("This was made by X.\nIt has 60 rows.\n\n", 3),
        ("Date: 2020-01-01\nNote: a, b\n", 2),
    ],
)
@pytest.mark.parametrize("header", ["", "a,b,c\n"])
def test_what_stands_above_a_table_is_counted(tmp_path: Path, above: str, skip: int, header: str) -> None:
    path = written(tmp_path, above + header + ROWS)
    with pytest.raises(ValueError, match=f"file:1: the lines from {skip + 1} on have 3 columns.*'skip: {skip}'"):
        read_table(path)
    assert len(read_table(path, Reading(skip=skip)).labels) == 60
