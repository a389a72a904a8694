"""CDC-MMPG (ACM TOMM 21(2), 2025, arXiv 2406.01601): one anchor goes up, and its distribution is reasoned."""
