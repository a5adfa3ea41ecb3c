"""From a question to an answer: retrieve, plan, write or quote, cite, verify."""
