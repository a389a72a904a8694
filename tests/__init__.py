"""Tests. A package, because other distributions install a ``tests`` of their own, which would come first."""
