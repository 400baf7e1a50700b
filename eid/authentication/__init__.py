"""Room: who is at the keyboard."""
