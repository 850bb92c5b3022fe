"""Fuzzing: inputs that nobody would think of, made from a number, so that each of them can be made again.

`grow` makes inputs, `targets` takes them and says what must hold, `dialogue` talks to real doors, `run` goes on for as long as it is told
(`make fuzz TIME=600`), `guided` lets atheris look for new ways through the code. What broke something once lies under `seeds/` and is tried
by every `make test`.
"""
