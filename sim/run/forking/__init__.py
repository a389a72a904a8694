"""A run that goes on from some tick under another link, trigger or service."""
