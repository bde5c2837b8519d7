"""The demo bank: three corporate groups, their accounts, and a morning's work with real payment files.

Everything in it has an id that never changes, so setting it up again finds what is there, and sending
the same files again pays nothing twice.
"""
