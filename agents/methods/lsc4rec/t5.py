"""The language model of the paper in the place of the large recommender: a T5 of ``transformers`` that reads items.

P5 (Geng et al., RecSys 2022), which the paper pairs with small recommenders, is a T5 (Raffel et al., JMLR 2020) that is
asked for the next item. Here each item is a token of its own behind those that the model knows, so that no tokenizer is
needed and every answer is an item; the prompt is the clicks, and the first step of the decoder ranks all items.

The model begins as it is in a local folder, or, small, with drawn weights. ``transformers`` is the extra ``llm``.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional

#: A drawn model: sizes of heads, and of what a decoder knows beside items (padding and the start, which T5 shares).
_HEAD, _KNOWN = 16, 2
#: Files that are a folder's model.
_FILES = ("config.json", "model.safetensors", "pytorch_model.bin")


class T5Recommender(nn.Module):
    """Clicks int64 [rows, steps], oldest first, right padded with 0 -> scores of all items [rows, items + 1]."""

    def __init__(self, items: int, width: int, layers: int, heads: int, folder: Path | None, seed: int = 0) -> None:
        super().__init__()
        # What is drawn, and items that a known model has not seen, must not depend on what was drawn before.
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.t5 = _drawn(items, width, layers, heads) if folder is None else _known(items, folder)
        self.first = int(self.t5.config.vocab_size) - items - 1

    def forward(self, clicks: torch.Tensor) -> torch.Tensor:
        start = torch.full((len(clicks), 1), int(self.t5.config.decoder_start_token_id), device=clicks.device)
        # A window that holds nothing is asked with the one token of item 0, which is never clicked.
        real = (clicks > 0).long()
        real[:, 0] = 1
        found = self.t5(input_ids=self.first + clicks, attention_mask=real, decoder_input_ids=start)
        scores: torch.Tensor = found.logits[:, 0, self.first :]
        return scores

    def loss(self, clicks: torch.Tensor, follow: torch.Tensor) -> torch.Tensor:
        """Return the mean cross-entropy of the item that follows the last click of each row."""
        last = ((clicks > 0).sum(1, keepdim=True) - 1).clamp_min(0)
        return functional.cross_entropy(self(clicks), follow.gather(1, last)[:, 0], ignore_index=0)

    def multiply_adds(self, steps: int) -> float:
        """Return about what one answer takes: each weight of the encoder once a step, of the decoder once."""
        weights = [sum(one.numel() for one in part.block.parameters()) for part in (self.t5.encoder, self.t5.decoder)]
        return float(weights[0] * steps + weights[1] + self.t5.lm_head.weight.numel())


def digest_of(folder: Path) -> str:
    """Return a SHA-256 of the model in a folder.

    Raises:
        ValueError: there is none.
    """
    sha = hashlib.sha256()
    found = [folder / name for name in _FILES if (folder / name).is_file()]
    if len(found) < len(_FILES) - 1:
        raise ValueError(
            f"weights: {folder} holds no model; wanted: {_FILES[0]} and {_FILES[1]}, as transformers saves"
        )
    for file in found:
        sha.update(file.read_bytes())
    return sha.hexdigest()


def _transformers() -> Any:
    import transformers

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    return transformers


def _drawn(items: int, width: int, layers: int, heads: int) -> Any:
    library = _transformers()
    config = library.T5Config(
        vocab_size=_KNOWN + items + 1,
        d_model=width,
        d_kv=_HEAD,
        d_ff=4 * width,
        num_layers=layers,
        num_heads=heads,
        dropout_rate=0.0,
        decoder_start_token_id=0,
    )
    return library.T5ForConditionalGeneration(config)


def _known(items: int, folder: Path) -> Any:
    library = _transformers()
    digest_of(folder)
    try:
        model = library.T5ForConditionalGeneration.from_pretrained(folder, local_files_only=True)
    # What safetensors raises of a broken file is an exception of no other kind.
    except Exception as error:
        raise ValueError(f"weights: {folder} holds no T5 that transformers can read") from error
    model.resize_token_embeddings(int(model.config.vocab_size) + items + 1)
    return model
