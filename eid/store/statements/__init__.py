"""Every statement, once, named, in SQL that SQLite and PostgreSQL both take.

- Each `:name` has one type. A change ends before its RETURNING (the drivers count what it touched),
  except where it is spent: there it hands back what it altered.
- No `now()`, no `::`, no arrays, no LIKE, no FOR UPDATE, no change inside WITH.
- `@name` stands for a list of columns or joins that several looks share: see `fragments`.
"""
