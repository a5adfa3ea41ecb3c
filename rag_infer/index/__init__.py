"""An index on disk: immutable segments, and one visible step from generation to generation.

Knows: catalogues, vectors, postings. Does not know: file formats, questions, answers.
"""
