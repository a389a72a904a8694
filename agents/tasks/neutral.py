"""What drift can do to images, each with the strength that leaves them as they are."""

from __future__ import annotations

#: Strength at which a transform changes nothing. rotate, shear [deg]; translate_x, translate_y [shares of width and
#: height]; scale [factor]; blur [sigma in pixels]; contrast [factor]; brightness [added]; invert [1: yes]; occlusion
#: [side of the covered square, share of the image]; noise [standard deviation]; permute_pixels [number, -1: none].
NEUTRAL: dict[str, float] = {
    "rotate": 0.0,
    "translate_x": 0.0,
    "translate_y": 0.0,
    "scale": 1.0,
    "shear": 0.0,
    "blur": 0.0,
    "contrast": 1.0,
    "brightness": 0.0,
    "invert": 0.0,
    "occlusion": 0.0,
    "noise": 0.0,
    "permute_pixels": -1.0,
}
