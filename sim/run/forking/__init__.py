"""A run that goes on from some tick under another method or link."""
