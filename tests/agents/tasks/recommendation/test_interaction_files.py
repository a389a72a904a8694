from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents.tasks.recommendation import reading
from agents.tasks.recommendation.file_layout import cut
from agents.tasks.recommendation.log import Log
from agents.tasks.recommendation.log_times import rows_apart
from agents.tasks.recommendation.reading import LogReading
from agents.tasks.recommendation.reading import read_log as read_log_as

CLICKS = [("7", "b", "5", "30"), ("12", "a", "3", "10"), ("7", "a", "4", "20"), ("12", "c", "1", "20")]
NAMED = ("userId", "movieId", "rating", "timestamp")
BY_NAME: dict[str, str | int | None] = {
    "user": "userId",
    "item": "movieId",
    "rating": "rating",
    "timestamp": "timestamp",
}


def written(path: Path, text: str | bytes, gz: bool = False) -> Path:
    raw = text.encode() if isinstance(text, str) else text
    path.write_bytes(gzip.compress(raw) if gz else raw)
    return path


def read_log(path: Path, **options: Any) -> Log:
    return read_log_as(path, LogReading(**options))


def lines(separator: str, *rows: tuple[str, ...], end: str = "\n") -> str:
    return "".join(separator.join(row) + end for row in rows)


def reported(log: Log) -> list[tuple[str, str, float]]:
    rows = zip(log.user.tolist(), log.item.tolist(), log.time_s.tolist(), strict=True)
    return [(log.users[user], log.items[item], time_s) for user, item, time_s in rows]


EXPECTED = [("12", "a", 10.0), ("7", "a", 20.0), ("12", "c", 20.0), ("7", "b", 30.0)]


@pytest.mark.parametrize("gz", [False, True])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("separator", ["\t", "::", ",", ";", "|", " "])
def test_every_format_is_read_alike(tmp_path: Path, separator: str, end: str, gz: bool) -> None:
    plain = read_log(written(tmp_path / "plain", lines(separator, *CLICKS, end=end), gz))
    named = read_log(written(tmp_path / "named", lines(separator, NAMED, *CLICKS, end=end), gz))
    assert reported(plain) == reported(named) == EXPECTED
    assert plain.users == ("7", "12"), "ids that are numbers are sorted as numbers"


def test_columns_are_found_by_name_or_number_in_any_order(tmp_path: Path) -> None:
    turned = [(time, item, user) for user, item, _, time in CLICKS]
    file = written(tmp_path / "log", lines("\t", ("timestamp:float", "movieId:token", "userId:token"), *turned))
    columns = {"user": "userId", "item": "movieId", "timestamp": "timestamp"}
    assert reported(read_log(file, columns=columns)) == EXPECTED
    assert reported(read_log(file, columns={"user": 2, "item": 1, "timestamp": 0})) == EXPECTED


def test_a_byte_mark_blank_lines_and_a_missing_last_newline_do_no_harm(tmp_path: Path) -> None:
    text = "\ufeff\n" + lines(",", *CLICKS[:2]) + "\n\n" + lines(",", *CLICKS[2:])
    assert reported(read_log(written(tmp_path / "log", text[:-1]))) == EXPECTED


def test_quotes_may_hide_a_separator(tmp_path: Path) -> None:
    file = written(tmp_path / "log", '"u, 1","say ""a""",5,1\nu2,b,5,2\n')
    assert reported(read_log(file)) == [("u, 1", 'say "a"', 1.0), ("u2", "b", 2.0)]
    assert cut('"u, 1","say ""a""",5,1', ",") == ["u, 1", 'say "a"', "5", "1"]
    assert cut('a,"b', ",") == ["a", '"b']


def test_a_separator_of_ones_own_is_taken(tmp_path: Path) -> None:
    assert reported(read_log(written(tmp_path / "log", lines("#", *CLICKS)), separator="#")) == EXPECTED


def test_pieces_of_a_file_make_the_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(1)
    rows = [tuple(map(str, row)) for row in generator.integers(1, 50, (400, 4)).tolist()]
    file = written(tmp_path / "log", lines("::", *rows), gz=True)
    whole = read_log(file)
    monkeypatch.setattr(reading, "PIECE_BYTES", 37)
    assert reported(read_log(file)) == reported(whole)
    spoiled = written(tmp_path / "bad", lines("::", *rows, ("1", "2", "3", "soon")))
    with pytest.raises(ValueError, match=r"bad:401: timestamp 'soon' is no number"):
        read_log(spoiled)


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("", {}, r"log: holds no interaction"),
        ("\n\n", {}, r"log: holds no interaction"),
        ("user,item,rating,timestamp\n", {}, r"log: holds no interaction"),
        ("1\t2\t3\t4\n1\t2\tgood\t4\n", {}, r"log:2: rating 'good' is no number"),
        ("1\t2\t3\t4\n\n1\t2\t3\tnan\n", {}, r"log:3: timestamp 'nan' is no number"),
        ("1\t2\t3\t4\n1\t2\t3\t1e999\n", {}, r"log:2: timestamp '1e999' is no number"),
        ("1\t2\t3\t4\n1\t2\t3\t2014-05-05\n", {}, r"log:2: timestamp '2014-05-05' is no number"),
        ("1\t2\t3\t4\n1\t2\t3\n", {}, r"log:2: has 3 columns where the first line has 4"),
        ("1\t2\t3\t4\n1\t2\t3\t4\t5\n", {}, r"log:2: has 5 columns where the first line has 4"),
        ("1\t2\t3\t4\n\t2\t3\t4\n", {}, r"log:2: user is empty"),
        ("1,2,3\n", {}, r"log:1: there is no column 3 for 'timestamp'; columns are 0 to 2"),
        ("12 and so\n", {"separator": "\t"}, r"log:1: the column of the user is not named"),
        ("12\n", {"separator": "\t"}, r"log:1: there is no column 1 for 'item'"),
        ("only\n", {}, r"log:1: no separator makes three columns"),
        (
            "1,2,3,4\n",
            {"columns": {"user": "uid"}},
            r"log:1: there is no column 'uid' for 'user'; the file has no header",
        ),
        (
            "a,b,c,d\n1,2,3,4\n",
            {"columns": {"user": "uid"}},
            r"log:1: the column of the item is not named",
        ),
        ("a,item,r,time\n1,2,3,4\n", {"columns": {"user": "uid"}}, r"log:1: .*'uid' for 'user'; columns are a, item"),
        (b"1,2,3,4\n1,\xff\xfe,3,4\n", {}, r"log:2: is not UTF-8 text"),
        (gzip.compress(b"1,2,3,4\n" * 9999, mtime=0)[:-20], {}, r"log: gzip file is cut short"),
    ],
)
def test_what_is_no_log_is_told_by_file_and_line(
    tmp_path: Path, text: str | bytes, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said) as refusal:
        read_log(written(tmp_path / "log", text), **options)
    assert "\n" not in str(refusal.value)


def test_a_rating_is_not_looked_at_where_columns_are_named_without_it(tmp_path: Path) -> None:
    file = written(tmp_path / "log", "1,2,good,4\n1,3,bad,5\n")
    assert len(read_log(file, columns={"timestamp": 3})) == 2


def test_a_stray_quote_swallows_no_rows(tmp_path: Path) -> None:
    rows = [f"u{n % 5}\ti{n % 9}\t1\t{n}" for n in range(600)]
    rows[20], rows[320] = '"u1\t"odd title\t1\t20', 'u1\t"odd" title\t1\t320'
    (tmp_path / "log").write_text("\n".join(rows), encoding="utf-8")
    log = read_log(tmp_path / "log")
    assert len(log) == 600
    assert {'"odd title', '"odd" title'} <= set(log.items)
    assert '"u1' in log.users
    rows[320] = 'u1\t"odd'
    (tmp_path / "log").write_text("\n".join(rows), encoding="utf-8")
    with pytest.raises(ValueError, match=r"log:321: has 2 columns where the first line has 4"):
        read_log(tmp_path / "log")


ROWS = [(f"u{n % 5}", f"i{n % 9}", str(n % 5 + 1), str(1_600_000_000 + 60 * n)) for n in range(60)]
KUAI = ("user_id", "video_id", "play_duration", "video_duration", "time", "date", "timestamp", "watch_ratio")


@pytest.mark.parametrize(
    ("header", "order"),
    [
        (("user", "item", "timestamp", "rating"), (0, 1, 3, 2)),
        (("asin", "user", "rating", "timestamp"), (1, 0, 2, 3)),
        (("rating", "unixReviewTime", "reviewerID", "asin"), (2, 3, 0, 1)),
        (("timestamp:float", "item_id:token", "user_id:token"), (3, 1, 0)),
        (("Date", "Movie ID", "User Name"), (3, 1, 0)),
    ],
)
def test_columns_go_by_the_names_of_a_header(tmp_path: Path, header: tuple[str, ...], order: tuple[int, ...]) -> None:
    turned = [tuple(row[n] for n in order) for row in ROWS]
    log = read_log(written(tmp_path / "log", lines(",", header, *turned)))
    assert reported(log) == reported(read_log(written(tmp_path / "plain", lines(",", *ROWS))))


def test_of_several_times_the_one_called_timestamp_counts(tmp_path: Path) -> None:
    rows = [(user, item, "7", "9000", "2020-09-13 00:00:00", "20200913", time, "0.7") for user, item, _, time in ROWS]
    log = read_log(written(tmp_path / "log", lines(",", KUAI, *rows)))
    assert log.columns == {"user": "user_id", "item": "video_id", "timestamp": "timestamp"}
    assert log.time_s[-1] == 1_600_000_000 + 60 * 59
    without = [row[:6] + row[7:] for row in rows]
    with pytest.raises(ValueError, match=r"log:1: the column of the timestamp may be time or date: write columns"):
        read_log(written(tmp_path / "log", lines(",", KUAI[:6] + KUAI[7:], *without)))


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (("asin", "parent_asin", "user_id", "timestamp"), "the column of the item may be asin or parent_asin"),
        (("a", "item", "rating", "timestamp"), "the column of the user is not named: write columns: {user: NAME}"),
        (("user", "item", "rating", "minute"), "the column of the timestamp is not named"),
    ],
)
def test_unclear_headers_are_refused_with_the_key_to_write(tmp_path: Path, header: tuple[str, ...], said: str) -> None:
    with pytest.raises(ValueError, match=f"log:1: {said}"):
        read_log(written(tmp_path / "log", lines(",", header, *ROWS)))


def test_without_a_header_only_the_usual_order_is_taken(tmp_path: Path) -> None:
    five = [(*row, "x") for row in ROWS]
    with pytest.raises(ValueError, match=r"log:1: has no header and 5 columns; say which is what, as in columns"):
        read_log(written(tmp_path / "log", lines(",", *five)))
    swapped = [(user, item, time, rating) for user, item, rating, time in ROWS]
    with pytest.raises(ValueError, match=r"column 2 looks like times and column 3 like ratings; write columns"):
        read_log(written(tmp_path / "log", lines(",", *swapped)))
    columns = {"user": 0, "item": 1, "timestamp": 2, "rating": 3}
    assert len(read_log(tmp_path / "log", columns=columns)) == 60


@pytest.mark.parametrize(
    ("written_as", "gap_s"),
    [
        ("2020-09-13 00:00:{n:02}", 1.0),
        ("2020-09-13T00:{n:02}:00Z", 60.0),
        ("2020/09/13 {n:02}:00:00", 3600.0),
        ("202009{n:02}", 86400.0),
        ("20200913{n:02}0000", 3600.0),
        ("15{n:02}", 1.0),
    ],
)
def test_times_of_a_log_may_be_dates(tmp_path: Path, written_as: str, gap_s: float) -> None:
    rows = [("u", f"i{n}", "1", written_as.format(n=n)) for n in range(20, 10, -1)]
    log = read_log(written(tmp_path / "log", lines(",", *rows)))
    assert np.diff(log.time_s).tolist() == [gap_s] * 9
    assert read_log(tmp_path / "log", header=False).time_s.tolist() == log.time_s.tolist()


def test_days_that_may_be_months_are_asked_about_in_logs_too(tmp_path: Path) -> None:
    path = written(tmp_path / "log", lines(",", *[("u", "i", "1", f"{n:02}/02/2020") for n in range(1, 9)]))
    with pytest.raises(ValueError, match=r"log:1: timestamp '01/02/2020' can be read in two ways.*time_format"):
        read_log(path)
    assert np.diff(read_log(path, time_format="%d/%m/%Y").time_s).tolist() == [86400.0] * 7


@pytest.mark.parametrize("before", ["# by a tool\n", "sep=,\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_lines_before_a_log_and_other_encodings_do_no_harm(tmp_path: Path, before: str, encoding: str) -> None:
    text = before + lines(",", NAMED, *ROWS)
    assert len(read_log(written(tmp_path / "log", text.encode(encoding)))) == 60
    assert len(read_log(written(tmp_path / "log", ("two\nlines\n" + text).encode(encoding)), skip=2)) == 60


@pytest.mark.parametrize(("odd", "side"), [(0, "before"), (99_999_999_999, "after")])
def test_a_few_rows_far_from_all_others_are_reported(odd: float, side: str) -> None:
    times_s = np.sort(np.append(1_600_000_000.0 + 60 * np.arange(600), odd))
    said = rows_apart(times_s)
    assert said is not None
    assert said.startswith(f"1 of its 601 interactions lies at {odd}")
    assert f"of the time span {side} the others" in said
    usual_s = times_s[1:-1]
    assert rows_apart(usual_s) is None
    assert rows_apart(np.concatenate([np.zeros(300), usual_s])) is None
