"""The passport application: the card's end of ICAO Doc 9303 parts 10 and 11, eighth edition.

BAC or PACE opens it, everything after that passes under secure messaging; chip and active
authentication prove that the chip is no copy. Terminal authentication, and so the fingerprints
behind it, are not here.
"""
