"""The physics of the simulator against closed forms; the cases are in :mod:`sim.verify.cases`.

Nothing is imported here: a run that only asks what theory says of it would else load all cases.
"""
