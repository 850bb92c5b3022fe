"""What machines do: disks that fill up, break, are slow or lose what was not synced, clocks that jump, databases that are locked or go away.

`disk.c` stands between a process and its files, `disk.py` builds and steers it; `nth.py` fails every n-th write and sync of a piece of work.
"""
