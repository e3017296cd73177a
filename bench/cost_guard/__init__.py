"""bench/guard: what a record costs in instructions and system calls, held against recorded figures."""
