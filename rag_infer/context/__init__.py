"""What enters the window: layers, budgets, and a plan that never overflows."""
