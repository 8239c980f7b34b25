"""Benchmarks: Ringback beside the least that any program could do, and beside what one would pick instead."""
