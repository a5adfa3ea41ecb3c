"""Summaries of whole documents, each point with the span that supports it."""
