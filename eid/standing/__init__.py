"""Room: lock, unlock, close; and what time alone changes."""
