"""The surrogate data plane: accuracy measured in a small run, looked up for a fleet of any size."""
