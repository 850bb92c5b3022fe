"""From a letter to the wire: composed, read once more, carried, and the answer recorded."""
