"""CMS's quarterly tables: reading what CMS ships, keeping it compactly, looking pairs up, saying what changed.

Two doors: importing and comparing (`shipped`, `rows`, `taking`, `compare`, `moved`) load numpy and a reader of Excel
files when they are called; looking up (`edition`, `asked`) loads neither.
"""
