"""Everything a citizen sees: templates, sentences, languages, QR codes."""
