"""What a device can do wrong, by name.

`table.FAULTS` lists every fault with what it does and what a client should do about it; `active.ActiveFaults` says which of
them a running simulator commits. A fault is made of hooks (`effects.Effect`) that the simulator calls at fixed places while it
makes and writes an answer; a fault that is not active costs nothing.
"""
