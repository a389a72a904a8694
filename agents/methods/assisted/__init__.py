"""Methods in which the cloud does the learning: for all devices, for each, or for each domain."""
