"""Certificates: what kinds there are, how they are issued, and which ones prove something."""
