"""The kernel: virtual time, and the records that a run writes."""
