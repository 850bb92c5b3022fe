"""Keys, passwords and signatures: what shows who somebody is, and that we are who we are."""
