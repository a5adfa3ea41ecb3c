"""Which words support a claim, and whether there are any.

Knows: sentences, markers, evidence. Does not know: indexes, models that write, terminals.
"""
