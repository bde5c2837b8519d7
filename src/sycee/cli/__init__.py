"""The command line: ``sycee``.

A channel like the API: it parses, calls, and shows. Commands about the business speak to a running
bank through ``sycee.client``; commands of operation (``up``, ``ledger check``, ``database``, ``token``)
work on the database. The API and this package do not know each other.
"""

from sycee.cli.application import command_line, execute, run

__all__ = ["command_line", "execute", "run"]
