"""Room: making an issued account live (Decree 69/2024, Art. 14).

A case goes from its code to its proof in one browser. What time or wrong codes take away is
self-service alone: somebody helps, and the same case goes on.
"""
