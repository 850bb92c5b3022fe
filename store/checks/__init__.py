"""What must be true of a desk's data, room by room: `received.py`, `conversations.py`, `letters.py`, `marks.py`. Asked by `store.checking`."""
