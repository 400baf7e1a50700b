"""The browser's card reader on loopback, with a window that says who asks and takes the PIN.

The only place of the simulator that may use a web framework. It serves one person at one machine:
its own pages alone may talk to it, and it answers only for the origins that it was started with.
"""
