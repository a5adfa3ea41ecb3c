"""What is stored for the user of this machine: conversations, feedback and the usage log."""
