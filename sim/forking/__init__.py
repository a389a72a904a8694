"""A run that goes on from some tick under another method or link: which changes are exact, and how they are made.

Up to that tick the run is its parent's, order by order; what cannot change without changing the past is refused.
"""
