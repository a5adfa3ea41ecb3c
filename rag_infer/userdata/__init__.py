"""What is kept for the user of this machine: conversations and the usage log."""
