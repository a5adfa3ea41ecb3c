"""The two ways through the house: documents in, answers out.

Knows: the order of the steps. Does not know: how any step is done.
"""
