"""Where mail comes in over a network or from files, up to the commit that makes it ours."""
