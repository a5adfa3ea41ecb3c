"""The two ways through the house: index and ask."""
