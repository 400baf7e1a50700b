"""Room: what happened, and can it be shown.

Events are written by every `keep`, in the transaction of what they tell of; here they are read.
This room is also to number and chain them, to show citizens their own part, and to count
indicators; for these it has no door yet.
"""
