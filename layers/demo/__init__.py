"""The illustrative province: real names and approximate places, invented shapes, the same at every run."""
