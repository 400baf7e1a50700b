"""The card's operating system: what every application may rely on.

Memory that survives power-off or not, PINs whose tries are spent before they are compared
(NIST SP 800-73-4 part 2, 3.2.1), keys that are made on the chip and stay there.
"""
