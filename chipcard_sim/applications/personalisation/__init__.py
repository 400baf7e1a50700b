"""The factory's door: keys, objects, files and secrets go in, then it is locked and a wall.

Its AID starts with F: ISO/IEC 7816-5 keeps that category for identifiers that nobody registers.
The chip is trusted to whoever holds it until it is locked, like a blank chip under its transport
key in a real factory.
"""
