"""Evaluation of an index on a person's own questions: how often is it right, and where it fails."""
