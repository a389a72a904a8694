"""What components of each family keep: laws that any class can be examined by."""
