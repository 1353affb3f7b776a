"""Exercises as questions for other systems: QTI 2.1, Moodle XML, GIFT, JupyterQuiz and CSV.

An exercise becomes plain questions (`questions`), and each format has one module that writes them and reads them back.
Nothing is written that does not read back as it was meant.
"""
