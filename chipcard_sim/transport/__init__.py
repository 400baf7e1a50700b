"""Ways to reach a card, and a way to watch."""
