"""What is stored for the user of this machine: conversations and the usage log."""
