"""Documents for a team: HTTP, the page, MCP.

Knows: requests, people, what may wait and how long.
Does not know: how anything is read, found or answered; ``pipeline`` does that.
"""
