"""ICAO 9303 data, read and written; no trust decisions."""
