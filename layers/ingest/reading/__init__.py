"""
The subprocess that opens a file nobody vouches for; run by `layers.ingest.guard`, never imported by it.

It knows nothing else of ours. ``sandbox`` takes away network, memory and the file system; ``kinds`` tells by
the first bytes what a file is; ``unpack`` brings the upload under names of our own into a scratch folder;
``vector`` (GDAL), ``delimited`` (CSV), ``cells`` (spreadsheets) and ``parquet`` read; ``found`` counts and
samples what passes; ``answer`` writes the result down for the parent.
"""
