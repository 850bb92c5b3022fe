"""The readers: lists, details, figures. They give plain values and never change anything."""
