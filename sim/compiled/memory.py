"""Records by their place: how compiled code reaches the arrays of a run, through addresses in its global record.

A record is then one pointer: nothing is counted or copied on the way from function to function.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from sim.compiled import state

_WORD = ir.IntType(64)
#: From the code generator, the address of the global record and a number, to a word of 64 bits.
Place = Callable[..., Any]


def _global(builder: Any, g: Any, name: str) -> Any:
    """Return the code that loads a global number."""
    offset = state.GLOBALS.fields[name][1]  # type: ignore[index]
    address = builder.add(builder.ptrtoint(g, _WORD), ir.Constant(_WORD, offset))
    return builder.load(builder.inttoptr(address, _WORD.as_pointer()))


def _plain(builder: Any, g: Any, number: Any) -> Any:
    return number


def _in_ring(builder: Any, g: Any, number: Any) -> Any:
    return builder.and_(number, _global(builder, g, "mask"))


def _record_at(name: str, kind: np.dtype[Any], place: Place = _plain) -> Any:
    """Return what gives, in compiled code, the record of an array by its number: ``f(g, number)``."""
    record = numba.from_dtype(kind)

    @intrinsic
    def at(typing_context, g, number):
        def code(context, builder, signature, arguments):
            number = builder.mul(place(builder, *arguments), ir.Constant(_WORD, kind.itemsize))
            address = builder.add(_global(builder, arguments[0], f"{name}_array"), number)
            return builder.inttoptr(address, context.get_value_type(record))

        return record(g, types.int64), code

    return at


def _record_from(kind: np.dtype[Any]) -> Any:
    """Return what gives, in compiled code, a record by the address of the first and its number."""
    record = numba.from_dtype(kind)

    @intrinsic
    def at(typing_context, address, number):
        def code(context, builder, signature, arguments):
            address, number = arguments
            offset = builder.mul(number, ir.Constant(_WORD, kind.itemsize))
            return builder.inttoptr(builder.add(address, offset), context.get_value_type(record))

        return record(types.int64, types.int64), code

    return at


tick_sums_at = _record_from(state.TICK_SUMS)
event_at = _record_at("event", state.EVENT)
row_of = _record_at("row", state.ROW, _in_ring)
device_of = _record_at("device", state.DEVICE)
cohort_of = _record_at("cohort", state.COHORT)
stage_of = _record_at("stage", state.STAGE)
station_of = _record_at("station", state.STATION)
share_of = _record_at("share", state.SHARE)
rate_of = _record_at("rate", state.RATE)
gate_of = _record_at("gate", state.GATE)
part_of = _record_at("part", state.PART)
worker_of = _record_at("worker", state.WORKER)
group_of = _record_at("group", state.GROUP)
wire_of = _record_at("wire", state.WIRE)
crossing_of = _record_at("crossing", state.CROSSING)
entry_at = _record_at("entry", state.ENTRY)
number_at, partial_at, serving_at, work_at, edge_at = (
    _record_at(name, state.NUMBER) for name in ("number", "partial", "serving", "work", "edge")
)
moment_at, source_at, summed_at = (_record_at(name, state.INTEGER) for name in ("moment", "source", "summed"))


@intrinsic
def hop_of(typing_context, g, number, place):
    """Return the record of a row on one hop of its route."""
    record = numba.from_dtype(state.HOP)

    def code(context, builder, signature, arguments):
        g, number, place = arguments
        first = builder.mul(_in_ring(builder, g, number), _global(builder, g, "hops"))
        offset = builder.mul(builder.add(first, place), ir.Constant(_WORD, state.HOP.itemsize))
        address = builder.add(_global(builder, g, "hop_array"), offset)
        return builder.inttoptr(address, context.get_value_type(record))

    return record(g, types.int64, types.int64), code


@intrinsic
def fetch(typing_context, record):
    """Let the processor fetch a record of which it will soon be asked, and go on meanwhile.

    Where there is no memory nothing is fetched, and nothing else happens.
    """

    def code(context, builder, signature, arguments):
        kind, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        prefetch = builder.module.declare_intrinsic(
            "llvm.prefetch", [kind], ir.FunctionType(ir.VoidType(), [kind, number, number, number])
        )
        # To be written, to be kept, and data rather than code; a record may lie across two lines of the cache.
        for offset in (0, record.size - 1):
            address = builder.add(builder.ptrtoint(arguments[0], _WORD), ir.Constant(_WORD, offset))
            builder.call(prefetch, [builder.inttoptr(address, kind), *(number(value) for value in (1, 3, 1))])
        return context.get_dummy_value()

    return types.none(record), code
