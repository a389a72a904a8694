from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents.tasks.recommendation import reading
from agents.tasks.recommendation.file_layout import cut
from agents.tasks.recommendation.log import Log
from agents.tasks.recommendation.reading import read_log

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
        ("12 and so\n", {"separator": "\t"}, r"log:1: there is no column 1 for 'item'"),
        ("only\n", {}, r"log:1: no separator makes three columns"),
        (
            "1,2,3,4\n",
            {"columns": {"user": "uid"}},
            r"log:1: there is no column 'uid' for 'user'; the file has no header",
        ),
        ("a,b,c,d\n1,2,3,4\n", {"columns": {"user": "uid"}}, r"log:1: .*'uid' for 'user'; columns are a, b, c, d"),
        (b"1,2,3,4\n1,\xff\xfe,3,4\n", {}, r"log:2: is not UTF-8 text"),
        (gzip.compress(b"1,2,3,4\n" * 9999)[:-20], {}, r"log: gzip file is cut short"),
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
