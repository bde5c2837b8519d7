"""The worker: a channel of its own, which carries what is said to other banks and takes what they say.

It calls the payments' front door again and again, and keeps nothing between two rounds: any number of
workers may run, and any of them may be killed at any time.
"""

from sycee.worker.rails import RailsAtWork

__all__ = ["RailsAtWork"]
