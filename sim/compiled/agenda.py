"""Small heaps in one array: entries by time or level, then by number; each heap begins at a place of its own."""

from __future__ import annotations

from sim.compiled.compiling import inlined
from sim.compiled.memory import entry_at


@inlined
def goes_first(e, value, number):
    """Return whether an entry comes before (``value``, ``number``)."""
    return e.value < value or (e.value == value and e.number < number)


@inlined
def copy(e, other):
    """Make ``e`` the same as another entry."""
    e.value, e.number, e.version, e.what = other.value, other.number, other.version, other.what


@inlined
def push(g, first, count, value, number, version, what):
    """Add an entry to the heap of ``count`` entries from ``first`` on; return how many it has then."""
    place = count
    while place > 0:
        above = entry_at(g, first + (place - 1) // 2)
        if goes_first(above, value, number) or (above.value == value and above.number == number):
            break
        copy(entry_at(g, first + place), above)
        place = (place - 1) // 2
    e = entry_at(g, first + place)
    e.value, e.number, e.version, e.what = value, number, version, what
    return count + 1


@inlined
def pop(g, first, count):
    """Remove the first entry of a heap; return how many are left."""
    count -= 1
    last, place = entry_at(g, first + count), 0
    while True:
        least = 2 * place + 1
        if least >= count:
            break
        e = entry_at(g, first + least)
        if least + 1 < count:
            other = entry_at(g, first + least + 1)
            if goes_first(other, e.value, e.number):
                least, e = least + 1, other
        if not goes_first(e, last.value, last.number):
            break
        copy(entry_at(g, first + place), e)
        place = least
    copy(entry_at(g, first + place), last)
    return count
