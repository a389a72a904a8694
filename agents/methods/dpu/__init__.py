"""DPU (CVPR 2025, arXiv 2411.08227): class prototypes that move by variance, which find what is unlike the past."""
