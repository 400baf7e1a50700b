"""Room: applications, accounts and chip cards, one or a million."""
