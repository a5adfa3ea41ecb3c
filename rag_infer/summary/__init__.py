"""Summaries of whole documents, each point with the words that bear it."""
