"""The front door: HTTP, pages, cookies, languages."""
