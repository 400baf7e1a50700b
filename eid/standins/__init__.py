"""Invented neighbours for demo and tests."""
