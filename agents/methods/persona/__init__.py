"""Persona (ACM MM 2025, arXiv 2509.06552): edits of a device's head around a few prototypes, without labels."""
