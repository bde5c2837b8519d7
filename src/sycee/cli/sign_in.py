"""``sycee login``, ``logout``, ``whoami``, ``password``, ``second-factor``: oneself as a person.

What nobody may see is asked for on the terminal, or read from standard input, a line each; never taken from
the command line, which other users of the machine can see.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from sycee.cli.connection import connect, remote
from sycee.cli.options import BearerToken, DataDir, Json, Url
from sycee.cli.output import facts, hint, out, print_json
from sycee.client import SESSION_FILE_NAME, Credentials, Me, OpenedSession, Session, Sycee, write_credentials
from sycee.kernel.errors import SyceeError
from sycee.kernel.settings import Settings

device_app = typer.Typer(no_args_is_help=True, help="Set up the device that makes your one-time codes.")

Code = Annotated[
    str | None, typer.Option("--code", help="One-time code of your device; asked for when it is needed.")
]
RecoveryCode = Annotated[
    str | None, typer.Option("--recovery-code", help="A recovery code, when the device is lost.")
]


def ask(what: str) -> str:
    """A secret from the terminal, without showing it, or the next line of standard input."""
    if sys.stdin.isatty():
        answer: str = typer.prompt(what, hide_input=True)
        return answer
    return sys.stdin.readline().rstrip("\n")


def _directory(data_dir: Path | None) -> Path:
    return data_dir or Settings.load(os.environ).data_dir


def login(
    name: Annotated[str, typer.Argument(metavar="LOGIN", help="Your login.")],
    code: Code = None,
    recovery_code: RecoveryCode = None,
    url: Url = None,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Sign in as a person; the commands that follow are yours until `sycee logout`.

    The password is asked for, or read from standard input.
    """
    password = ask("Password")

    async def work() -> tuple[str, OpenedSession]:
        async with connect(url, None, data_dir) as bank:
            try:
                opened = await bank.sign_in(name, password, code=code, recovery_code=recovery_code)
            except SyceeError as error:
                if error.code != "second_factor_required":
                    raise
                opened = await bank.sign_in(name, password, code=ask("One-time code"))
            return bank.url, opened

    address, opened = asyncio.run(work())
    directory = _directory(data_dir)
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_credentials(directory, Credentials(url=address, token=opened.token), SESSION_FILE_NAME)
    if json:
        print_json(opened.session)
        return
    out.print(f"signed in as {name} until {opened.session.expires_at:%Y-%m-%d %H:%M} UTC", markup=False)
    if opened.must_change_password:
        hint("the password has to be changed first: `sycee password`")
    if opened.must_set_up_second_factor:
        hint("a device has to be set up first: `sycee second-factor set-up`")


def logout(url: Url = None, data_dir: DataDir = None, json: Json = False) -> None:
    """Sign out: end the session at the bank and forget it here."""
    path = _directory(data_dir) / SESSION_FILE_NAME
    if not path.exists():
        hint("you are not signed in")
        return

    async def work() -> Session:
        async with connect(url, None, data_dir) as bank:
            return await bank.sign_out()

    ended: Session | None = None
    try:
        ended = asyncio.run(work())
    except SyceeError as error:
        if error.code not in ("invalid_token", "principal_not_active"):
            raise
    path.unlink(missing_ok=True)
    if json:
        print_json({"session": ended})
    else:
        out.print("signed out")


@remote
async def whoami(bank: Sycee, json: Json = False) -> None:
    """Show who you are to the bank, and what you may do."""
    _report(await bank.me(), json)


def _report(me: Me, json: bool) -> None:
    if json:
        print_json(me)
        return
    todo = [
        text
        for needed, text in (
            (me.must_change_password, "change the password"),
            (me.must_set_up_second_factor, "set up a device"),
        )
        if needed
    ]
    pairs: list[tuple[str, object]] = [
        ("id", me.id),
        ("kind", me.kind),
        ("login", me.login),
        ("name", me.name),
        ("local name", me.local_name),
        ("customer", me.customer),
        ("person", me.person),
        ("may do", " ".join(me.scopes)),
        ("session", me.session),
        ("one-time code", "given" if me.second_factor else None),
        ("recovery codes", me.recovery_codes_left if me.session else None),
        ("to do first", ", ".join(todo)),
    ]
    out.print(facts("You", pairs))


def password(
    code: Code = None,
    url: Url = None,
    token: BearerToken = None,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Change your password; every other session of yours is ended.

    The old and the new one are asked for, or read from standard input, a line each.
    """
    old, new = ask("Password"), ask("New password")
    if sys.stdin.isatty() and ask("New password again") != new:
        raise typer.BadParameter("the new password was not the same twice")

    async def work() -> Me:
        async with connect(url, token, data_dir) as bank:
            try:
                return await bank.change_password(old, new, code=code)
            except SyceeError as error:
                if error.code != "second_factor_required":
                    raise
                return await bank.change_password(old, new, code=ask("One-time code"))

    _report(asyncio.run(work()), json)


@device_app.command("set-up")
@remote
async def set_up(bank: Sycee, json: Json = False) -> None:
    """Make a secret for your authenticator app; confirm it with a code."""
    setup = await bank.begin_second_factor()
    if json:
        print_json(setup)
        return
    out.print(facts("Tell your authenticator app", [("secret", setup.secret), ("URI", setup.uri)]))
    hint("then confirm with a code of it: `sycee second-factor confirm CODE`")


@device_app.command("confirm")
@remote
async def confirm(
    bank: Sycee, code: Annotated[str, typer.Argument(help="A code of the app.")], json: Json = False
) -> None:
    """Confirm your device, and show recovery codes this once."""
    _codes(await bank.confirm_second_factor(code), json)


@device_app.command("recovery-codes")
@remote
async def recovery_codes(
    bank: Sycee, code: Annotated[str, typer.Argument(help="A code of the app.")], json: Json = False
) -> None:
    """Make new recovery codes; the old ones are good for nothing any more."""
    _codes(await bank.renew_recovery_codes(code), json)


def _codes(codes: list[str], json: bool) -> None:
    if json:
        print_json({"recovery_codes": codes})
        return
    for one in codes:
        out.print(one, markup=False)
    hint("keep these codes: each opens a session once, without the device; they are not shown again")
