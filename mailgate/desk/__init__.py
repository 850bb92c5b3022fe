"""The staff's door: thin Typer sub-apps, one file a noun. What they share: `call` (the options of one command), `ends` (how it may end),
`screen` (what people see), `shapes` (what scripts see). Exit codes are `cli.py`'s alone.
"""
