"""Agreements: packages signed in one act, and what becomes of them: changed, extended, moved, ended."""
