"""Rings of samples by device: how many have come by a time, and where some that follow each other are."""

from __future__ import annotations

from agents.kernels.compiling import compiled


@compiled("void(f8[:,::1], i8[::1], i8[::1], f8[::1], i8[::1], i8[::1])")
def count_until(time_s, loaded, rows, until_s, known, seen):  # type: ignore[no-untyped-def]
    """Put how many samples each of ``rows`` had seen by its ``until_s`` into ``seen`` [rows].

    Args:
        time_s: of samples [devices, capacity], in rings: sample n of a device is at n mod capacity.
        loaded: samples of each device [devices].
        known: lower bounds of what was seen [rows], from which it is counted.
    """
    capacity = time_s.shape[1]
    for place in range(len(rows)):
        row, number = rows[place], known[place]
        slot = number % capacity
        while number < loaded[row] and time_s[row, slot] <= until_s[place]:
            number += 1
            slot = slot + 1 if slot + 1 < capacity else 0
        seen[place] = number


@compiled(*(f"void({word}[:,::1], i8, i8[::1], {word}[:,::1], i8[::1], i8)" for word in ("u8", "u4", "u2", "u1")))
def append_rows(ring, first, loaded, values, count, words):  # type: ignore[no-untyped-def]
    """Copy the first ``count`` [rows] samples of each row of ``values`` into the ring of a device, the oldest over.

    Both hold samples as ``words`` each, of any type: the wider a word, the fewer there are to copy.

    Args:
        ring: [devices, capacity * words]; row n of ``values`` belongs to device ``first + n``.
        loaded: how many samples of these devices came before [rows].
        values: [rows, samples * words].
    """
    room = ring.shape[1]
    for row in range(len(values)):
        place, device = loaded[row] * words % room, first + row
        for word in range(count[row] * words):
            ring[device, place] = values[row, word]
            place = place + 1 if place + 1 < room else 0


@compiled("void(i8, i8[::1], i8[::1], i8[::1], i8[:,::1], i8[::1], i8[::1])")
def cut_samples(capacity, rows, first, count, slots, kept, there):  # type: ignore[no-untyped-def]
    """Put the places of samples of ``rows`` from number ``first`` on, by row and slot as one, into ``slots``.

    ``slots`` is [rows, width]. Of each row the first ``count`` are no padding: where these are in the flattened
    ``slots`` goes into ``kept``, and their places once more into ``there``, [samples] both.
    """
    width, at = slots.shape[1], 0
    for place in range(len(rows)):
        begin, slot = rows[place] * capacity, first[place] % capacity
        for column in range(width):
            slots[place, column] = begin + slot
            if column < count[place]:
                kept[at] = place * width + column
                there[at] = begin + slot
                at += 1
            slot = slot + 1 if slot + 1 < capacity else 0
