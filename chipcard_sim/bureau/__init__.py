"""The card factory: an order becomes a chip with its own keys, a pack makes it somebody's card.

Three JSON documents are the whole border to the issuer: card order in, key report out, pack in.
They are read and written here with this side's own code, so that a slip in the issuer's reading
cannot hide behind shared code.
"""
