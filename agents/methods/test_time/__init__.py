"""Test-time adaptation: devices adapt to unlabelled samples by themselves, and send nothing.

Papers answer a batch with what they learnt from that very batch. A device here answers each sample at once, by the
state that it has then; what it learns from a window takes device time and counts for later samples.
"""
