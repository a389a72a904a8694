"""Tables whose rows are samples in their natural order."""
