"""SOLID (ACM MM 2024, arXiv 2408.00123): heads generated from sequences of semantic codes instead of exact samples."""
