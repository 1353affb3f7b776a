"""CMS's quarterly tables: reading what CMS ships, keeping it compactly, looking pairs up, saying what changed.

Importing and comparing (`taking`, `rows`, `compare`, `moved`) load numpy, and a reader of Excel files where there is
one to read. Looking up (`edition`, `asked`) loads nothing but Python's own library.
"""
