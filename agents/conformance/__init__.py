"""What components of each family keep, whoever wrote them: laws that any class can be examined by."""
