"""Journal, checkpoints, and a data plane that answers from them."""
