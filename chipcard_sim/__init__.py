"""A chip card and its reader, for people without one. Imports none of the server."""
