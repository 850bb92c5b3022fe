"""A desk that is busy for a long time: does it grow, slow down, or leave anything behind? `make soak TIME=3600`."""
