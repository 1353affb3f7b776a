"""The grading service of a workshop: it holds the keys, grades what learners' kernels send, and tells what they earned.

It stands behind a JupyterHub, which says who asks; attempts go to PostgreSQL before anyone sees a grade. The rest of
the package does not know it. `python -m coursekit.service` runs it.
"""
