"""Prequential evaluation: the deployed model beside its references, and tallies of both."""
