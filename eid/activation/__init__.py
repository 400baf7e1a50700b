"""Room: making an issued account live."""
