"""Summaries of whole documents, each point with the words that bear it.

Knows: which sentences tell what a document is about, and how a model reads one in parts.
Does not know: files, indexes, terminals.
"""
