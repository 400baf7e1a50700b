"""Personal Identity Verification: the card's end of NIST SP 800-73-4, with the rules of -5.

The commands a holder's reader needs, over the contact interface. What changes keys and objects is
not here: the factory has its own door, and it is locked when the card is issued.
"""
