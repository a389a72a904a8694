from __future__ import annotations

import pytest
import torch

from agents.models.head import HeadShape

SHAPES = [
    HeadShape((32, 32, 10)),
    HeadShape((5, 7, 3), "relu"),
    HeadShape((4, 2)),
    HeadShape((64, 128, 64, 1)),
    HeadShape((2, 2)),
    HeadShape((1, 3)),
    HeadShape((1, 1, 1)),
]


def heads(shape: HeadShape, devices: int) -> torch.Tensor:
    return torch.randn(devices, shape.params, generator=torch.Generator().manual_seed(1))


def inputs(shape: HeadShape, devices: int, samples: int = 16) -> torch.Tensor:
    return torch.randn(devices, samples, shape.dims[0], generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize(("dims", "params"), [((32, 32, 32), 2112), ((64, 128, 64, 1), 16_641), ((32, 32, 10), 1386)])
def test_heads_have_the_sizes_of_the_paper(dims: tuple[int, ...], params: int) -> None:
    assert HeadShape(dims).params == params


@pytest.mark.parametrize("shape", SHAPES)
def test_packing_is_the_inverse_of_unpacking(shape: HeadShape) -> None:
    packed = heads(shape, 5)
    assert torch.equal(shape.pack(shape.unpack(packed)), packed)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_stacked_head_is_a_loop_over_dense_layers(shape: HeadShape) -> None:
    packed, x = heads(shape, 3), inputs(shape, 3)
    logits = shape.forward(shape.unpack(packed), x)
    for device in range(3):
        values, at = x[device], 0
        for index, (size_in, size_out) in enumerate(shape.sizes):
            weight = packed[device, at : at + size_in * size_out].view(size_in, size_out)
            at += size_in * size_out
            values = values @ weight + packed[device, at : at + size_out]
            at += size_out
            if index + 1 < len(shape.sizes):
                values = values.tanh() if shape.activation == "tanh" else values.relu()
        assert torch.allclose(logits[device], values, atol=1e-4)


@pytest.mark.parametrize("shape", SHAPES)
def test_bits_depend_neither_on_the_batch_nor_on_a_samples_place(shape: HeadShape) -> None:
    layers, x = shape.unpack(heads(shape, 40)), inputs(shape, 40, 64)
    together = shape.forward(layers, x)
    for device in (0, 17, 39):
        own = {name: value[device : device + 1] for name, value in layers.items()}
        assert torch.equal(shape.forward(own, x[device : device + 1]), together[device : device + 1])
        for part in (slice(16, 32), slice(5, 6), slice(63, 64), slice(1, 8)):
            assert torch.equal(shape.forward(own, x[device : device + 1, part]), together[device : device + 1, part])
    for samples in range(1, 64):
        few = shape.forward({name: value[:3] for name, value in layers.items()}, x[:3, :samples].contiguous())
        assert torch.equal(few, together[:3, :samples])
    turned = torch.flip(x, [1])
    assert torch.equal(shape.forward(layers, turned), torch.flip(together, [1]))


@pytest.mark.parametrize("shape", SHAPES)
def test_one_shared_row_is_the_same_as_a_copy_for_each_device(shape: HeadShape) -> None:
    packed, x = heads(shape, 1), inputs(shape, 20)
    shared = shape.forward(shape.unpack(packed), x)
    assert torch.equal(shared, shape.forward(shape.unpack(packed.repeat(20, 1)), x))


def test_gradients_reach_every_weight() -> None:
    shape = SHAPES[0]
    packed = heads(shape, 2).requires_grad_()
    shape.forward(shape.unpack(packed), inputs(shape, 2)).square().sum().backward()
    assert packed.grad is not None
    assert (packed.grad != 0).all()
