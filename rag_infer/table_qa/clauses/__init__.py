"""Questions read clause by clause: each word is a cell, a header, an operation or nothing."""
