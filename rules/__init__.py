"""What follows: pure decisions over frozen facts. Standard library only; no clock, no input or output.

`facts/` holds the nouns, `reading/` understands a mail, `actions/` is the one vocabulary of verbs, and the modules beside them decide.
"""
