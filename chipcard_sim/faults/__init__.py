"""Faults on command: cards, and answers of cards, that are wrong in one named way each."""
