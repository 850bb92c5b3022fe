"""Real servers for tests: each module starts one privately, on loopback or a socket of its own, and ends it."""
