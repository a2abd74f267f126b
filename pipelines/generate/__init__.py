"""A synthetic nation in the product's own input formats, any size, the same bytes for the same seed.

write.py writes it to a folder with what must become of every line and person; straight.py puts months of it into a
ledger; proof.py feeds a home and compares. Nobody in it can exist: numbers.py. Source: issue "National scale", part 1.
"""
