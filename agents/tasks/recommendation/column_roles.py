"""Which column of a log is the user, the item, the rating and the time: by the names that headers give them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

#: Role -> names of the field's logs, in small letters and without signs between words; the first one is beyond doubt.
_NAMES: Mapping[str, tuple[str, ...]] = {
    "user": (
        *("user", "userid", "uid", "username", "useridx", "reviewerid", "visitorid", "customerid", "customer"),
        *("memberid", "accountid", "profileid", "viewerid", "playerid"),
    ),
    "item": (
        *(
            "item",
            "itemid",
            "iid",
            "itemidx",
            "movieid",
            "movie",
            "videoid",
            "video",
            "productid",
            "product",
            "asin",
            "parentasin",
        ),
        *("articleid", "newsid", "trackid", "songid", "artistid", "bookid", "isbn", "businessid", "appid", "poiid"),
        *("postid", "gameid", "adid", "courseid", "venueid", "locationid"),
    ),
    "rating": ("rating", "stars", "score", "overall", "ratings", "rate"),
    "timestamp": (
        *("timestamp", "unixtimestamp", "unixreviewtime", "unixtime", "ts", "eventtime", "eventtimestamp", "time"),
        *("datetime", "date", "timems", "clicktime", "createdat", "reviewtime", "watchtime"),
    ),
}


def by_name(header: Sequence[str], given: Mapping[str, str | int | None]) -> dict[str, int]:
    """Return role -> number of the column that the names of a header give it; roles of ``given`` are left out.

    Raises:
        ValueError: no column, or several, can be the user, the item or the time; the message says what to write.
    """
    plain = [_plain(name) for name in header]
    found = {role: _found(role, plain, header) for role in _NAMES if role not in given}
    return {role: number for role, number in found.items() if number is not None}


def _found(role: str, plain: Sequence[str], header: Sequence[str]) -> int | None:
    names = _NAMES[role]
    matching = [number for number, name in enumerate(plain) if name in names]
    if len(matching) > 1:
        # Beside others, the one that is called by the role itself.
        own = [number for number in matching if plain[number] in (names[0], f"{names[0]}id")]
        matching = own if len(own) == 1 else matching
    if len(matching) == 1:
        return matching[0]
    if not matching and role == "rating":
        return None
    said = f"may be {' or '.join(header[number].strip() for number in matching)}" if matching else "is not named"
    same = len({header[number].strip() for number in matching}) < len(matching)
    example = (matching[0] if same else header[matching[0]].strip()) if matching else "NAME"
    known = ", ".join(name.strip() for name in header)
    raise ValueError(f"the column of the {role} {said}: write columns: {{{role}: {example}}}; columns are {known}")


def _plain(name: str) -> str:
    # Some headers carry a type behind a colon: 'user_id:token'.
    return re.sub(r"[\s_.-]+", "", name.partition(":")[0]).lower()
