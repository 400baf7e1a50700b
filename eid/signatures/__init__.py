"""Room: was this document signed by that citizen.

Cards carry a signature key and certificate (slot 9C); this room is to verify documents signed with
them, never to log anybody in by one. It has no door yet.
"""
