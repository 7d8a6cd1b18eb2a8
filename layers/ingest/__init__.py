"""
Files in: a GeoPackage, zipped Shapefile, GeoJSON or CSV becomes rows of a layer or of a dated record.

``guard`` opens the file in a subprocess that can do nothing else; ``mapping`` and ``columns`` say which
heading is which column; ``parse`` and ``shapes`` check whole columns, which ``prepare`` puts together;
``encode`` and ``merge`` put the rows through staging into the table and close old versions; ``load`` is the
order of all that, in one transaction.
"""
