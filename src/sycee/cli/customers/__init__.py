"""``sycee customer`` and ``sycee person``: legal entities, those who own them and those who sign for them."""

from sycee.cli.customers.application import app, person_app

__all__ = ["app", "person_app"]
