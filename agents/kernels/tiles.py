"""The innermost loop of a product, written for LLVM: some rows by sixteen columns, kept in registers."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

#: Columns of a tile. A processor with narrower registers takes several for one vector: the bits are the same.
LANES = 16

_FLOAT, _INT, _LANE = ir.FloatType(), ir.IntType(64), ir.IntType(32)
_VECTOR, _LANES, _MASK = (ir.VectorType(one, LANES) for one in (_FLOAT, _LANE, ir.IntType(1)))


def tile(rows: int, *, partial: bool) -> Any:
    """Return ``compute(out, out_step, x, x_row, x_step, w, w_step, b, depth, columns)`` for so many rows.

    Everything is an address or a distance in bytes, but ``depth``, the length of the sums (at least 1), and
    ``columns``, how many of the sixteen are there, which only a ``partial`` tile asks.
    """

    @intrinsic
    def compute(
        context: Any, out: Any, out_step: Any, x: Any, x_row: Any, x_step: Any, w: Any, w_step: Any, b: Any,
        depth: Any, columns: Any,
    ) -> Any:  # fmt: skip
        def generate(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> Any:
            _Tile(builder, rows, args, partial).generate()
            return context.get_dummy_value()

        return types.void(*(types.intp,) * 10), generate

    return compute


class _Tile:
    """Generates one tile: ``out[r, :] = (b[:] + x[r, 0] w[0, :]) + x[r, 1] w[1, :] + ...``, one addition at a time."""

    def __init__(self, builder: ir.IRBuilder, rows: int, args: Any, partial: bool) -> None:
        self._builder, self._rows = builder, rows
        self._out, self._out_step, self._x, self._x_row, self._x_step, self._w, self._w_step, self._b = args[:8]
        self._depth = args[8]
        self._mask = self._lanes_below(args[9]) if partial else None

    def generate(self) -> None:
        build, before = self._builder, self._builder.block
        start = self._load(self._b)
        loop, after = build.append_basic_block("step"), build.append_basic_block("after")
        build.branch(loop)
        build.position_at_end(loop)
        step, x, w = (build.phi(_INT) for _ in range(3))
        sums = [build.phi(_VECTOR) for _ in range(self._rows)]
        longer = self._added(sums, x, w)
        follow = build.add(step, _number(1)), build.add(x, self._x_step), build.add(w, self._w_step)
        first = _number(0), self._x, self._w
        for one, from_before, from_loop in zip(
            (step, x, w, *sums), (*first, *[start] * self._rows), (*follow, *longer), strict=True
        ):
            one.add_incoming(from_before, before)
            one.add_incoming(from_loop, loop)
        build.cbranch(build.icmp_signed("<", follow[0], self._depth), loop, after)
        build.position_at_end(after)
        for row, total in enumerate(longer):
            self._store(total, build.add(self._out, build.mul(self._out_step, _number(row))))

    def _added(self, sums: list[Any], x: Any, w: Any) -> list[Any]:
        """Return the sums with one product more; two roundings, as fused ones are not everywhere."""
        build, weights = self._builder, self._load(w)
        addresses = [build.add(x, build.mul(self._x_row, _number(row))) for row in range(self._rows)]
        inputs = [self._everywhere(build.load(build.inttoptr(at, _FLOAT.as_pointer())), _VECTOR) for at in addresses]
        return [build.fadd(total, build.fmul(one, weights)) for total, one in zip(sums, inputs, strict=True)]

    def _lanes_below(self, count: Any) -> Any:
        count = self._everywhere(self._builder.trunc(count, _LANE), _LANES)
        return self._builder.icmp_signed("<", ir.Constant(_LANES, list(range(LANES))), count)

    def _everywhere(self, value: Any, kind: ir.VectorType) -> Any:
        """Return a vector with ``value`` in all lanes."""
        nothing = ir.Constant(kind, ir.Undefined)
        one = self._builder.insert_element(nothing, value, ir.Constant(_LANE, 0))
        return self._builder.shuffle_vector(one, nothing, ir.Constant(_LANES, [0] * LANES))

    def _load(self, address: Any) -> Any:
        pointer = self._builder.inttoptr(address, _VECTOR.as_pointer())
        if self._mask is None:
            return self._builder.load(pointer, align=4)
        shape = ir.FunctionType(_VECTOR, (_VECTOR.as_pointer(), _LANE, _MASK, _VECTOR))
        function = cgutils.get_or_insert_function(self._builder.module, shape, "llvm.masked.load.v16f32.p0")
        return self._builder.call(function, (pointer, _ALIGNED, self._mask, ir.Constant(_VECTOR, [0.0] * LANES)))

    def _store(self, value: Any, address: Any) -> None:
        pointer = self._builder.inttoptr(address, _VECTOR.as_pointer())
        if self._mask is None:
            self._builder.store(value, pointer, align=4)
            return
        shape = ir.FunctionType(ir.VoidType(), (_VECTOR, _VECTOR.as_pointer(), _LANE, _MASK))
        function = cgutils.get_or_insert_function(self._builder.module, shape, "llvm.masked.store.v16f32.p0")
        self._builder.call(function, (value, pointer, _ALIGNED, self._mask))


_ALIGNED = ir.Constant(_LANE, 4)


def _number(value: int) -> ir.Constant:
    return ir.Constant(_INT, value)
