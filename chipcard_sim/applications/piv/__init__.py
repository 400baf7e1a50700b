"""Personal Identity Verification: the card's end of NIST SP 800-73-4, with the rules of -5.

All commands of part 2 over the contact interface, for the four keys 9A, 9C, 9D and 9E, and for who
holds the card management key. Left out on purpose: secure messaging and the virtual contact
interface (optional in -5), retired keys (82 to 95), biometric comparison (96, 97), and the CHUID
and symmetric card authentication that -5 has given up.
"""
