"""What the desk tells of itself: figures of a period, work lists of a day, metrics."""
