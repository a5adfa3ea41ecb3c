"""What enters the window: layers, budgets, and a plan that never overflows.

Knows: chat templates, counting, choosing. Does not know: models, indexes, terminals.
"""
