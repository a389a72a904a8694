"""Files of images: readers that stream, check every byte they use, and say what is wrong and where.

Each reader returns an :class:`ImageSet`; none imports torch.
"""

from __future__ import annotations

from agents.tasks.formats.image_set import ImageSet, Labelled

__all__ = ["ImageSet", "Labelled"]
