"""Statements of the same thing that differ between documents."""
