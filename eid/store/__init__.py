"""The ports, kept: the only package that imports SQLModel and database drivers."""
