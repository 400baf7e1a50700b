"""Keys and certificates: generate, certify, rotate, revoke, check. No database, no web."""
