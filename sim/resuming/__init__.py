"""What lets a run that was cut short go on: a journal, checkpoints, and a data plane that remembers.

Generators cannot be saved, so the timing plane is not: it plays again from 0, tens of thousands of exchanges a second,
while the journal answers for the data plane. Only tensors are saved, and loaded where the journal ends.
"""
