"""Dialling callbacks when their turn has come, and following each call to its end.

A call target's callbacks are released by one worker at a time, under the lock of its turn. Each is claimed with a
lease and an attempt id, the claim is committed, the telephone network is commanded under that id, and what becomes of
the call is recorded. Whoever finds a lease that has run out first asks the network what became of the attempt.
"""
