"""The identity service: nouns, rooms, store. No web framework, no simulator."""
