"""``sycee database``: bring the database to this version's migrations, and see how it is."""

from __future__ import annotations

import typer

from sycee.cli.books import books, migrate, migration_state
from sycee.cli.doctor import doctor
from sycee.cli.options import DatabaseUrl, DataDir, Json, local_settings
from sycee.cli.output import hint, out, print_json, progress

app = typer.Typer(no_args_is_help=True, help="Migrate the database, and see how it is.")
app.command("doctor")(doctor)


@app.command("migrate")
def migrate_database(data_dir: DataDir = None, database_url: DatabaseUrl = None, json: Json = False) -> None:
    """Bring the database to this version's migrations; harmless when it is there already."""
    with books(local_settings(data_dir, database_url), create=True) as url:
        with progress("Migrating", None):
            applied = migrate(url)
        current, _ = migration_state(url)
    if json:
        print_json({"applied": applied, "current": current})
    elif applied:
        out.print(f"migrated to {current}: {', '.join(applied)}")
    else:
        out.print(f"already at {current}")


@app.command("status")
def show_status(data_dir: DataDir = None, database_url: DatabaseUrl = None, json: Json = False) -> None:
    """Show which migration the database stands at, and which are still to come.

    Ends with 1 when some are.
    """
    with books(local_settings(data_dir, database_url)) as url:
        current, pending = migration_state(url)
    if json:
        print_json({"current": current, "pending": pending})
    elif pending:
        out.print(f"at {current or 'nothing'}; still to come: {', '.join(pending)}")
        hint("`sycee database migrate` brings it up to date")
    else:
        out.print(f"up to date at {current}")
    if pending:
        raise typer.Exit(1)
