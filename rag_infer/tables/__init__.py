"""What the cells of a table mean: figures by the locale of their column, headers, total rows."""
