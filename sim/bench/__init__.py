"""How fast and how small the simulator is on this machine: ratios, each measured within one run of the bench.

Every measurement happens in a fresh process; what is compared takes turns; a ratio is given with its spread.
"""
