"""The reader's end: the middleware a citizen would install. It knows a card only as a Transport."""
