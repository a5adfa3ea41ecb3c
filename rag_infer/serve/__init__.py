"""The server: REST API, API for OpenAI clients, web page, MCP."""
