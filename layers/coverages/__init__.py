"""
Rasters as coverages: opened in a guarded subprocess, kept as COG, drawn and measured by their id.

Nobody names a file or an address: a coverage is a row of ``coverages``, its cells a file of our own making
under the name of its digest.
"""
