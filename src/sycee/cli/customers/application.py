"""The commands of ``sycee customer`` and ``sycee person`` in their places."""

from __future__ import annotations

import typer

from sycee.cli.customers import branches, contacts, customers, due_diligence, mandates, ownership, persons

app = typer.Typer(
    no_args_is_help=True,
    help="Register, find and change customers; their groups, owners, contacts and mandates.",
)
app.command("register")(customers.register)
app.command("import")(customers.import_file)
app.command("list")(customers.find)
app.command("show")(customers.show)
app.command("change")(customers.change)
app.command("history")(customers.history)
app.command("changes")(customers.changes)
app.command("set-parent")(ownership.set_parent)
app.command("group")(ownership.show_group)
app.command("record-owners")(ownership.record_owners)
app.command("registers")(ownership.registers)
app.command("owners")(ownership.owners)
app.command("branch")(branches.branch)
app.add_typer(contacts.app, name="contact")
app.add_typer(due_diligence.app, name="due-diligence")
app.add_typer(mandates.app, name="mandate")

person_app = typer.Typer(no_args_is_help=True, help="Record persons, and see for whom they may sign.")
person_app.command("register")(persons.register)
person_app.command("show")(persons.show)
person_app.command("mandates")(persons.list_mandates)
