"""
What may be wrong with columns of geometries and values: pure functions, arrays in, arrays out.

`shapes` looks at one geometry at a time, `coverage` at neighbours, `columns` at values and points, and
`repair` says how a fault could be mended. Nothing here stores or decides.
"""
