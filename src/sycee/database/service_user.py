"""Running the embedded server as somebody else when Sycee runs as root.

PostgreSQL refuses to run as root. A system user of its own is made for it, and given just what it
needs: search permission on the directories above its binaries and its data (one entry in each
directory's access control list, so that nothing is opened to anybody else), and its own data.
"""

from __future__ import annotations

import os
import pwd
import stat
import struct
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

SERVICE_USER = "sycee-postgres"

_ACL = "system.posix_acl_access"
_ACL_VERSION = struct.pack("<I", 2)
_ACL_ENTRY = struct.Struct("<HHI")  # tag, permissions, user or group id
_USER_OBJ, _USER, _GROUP_OBJ, _MASK, _OTHER = 0x01, 0x02, 0x04, 0x10, 0x20
_NO_ID = 0xFFFFFFFF
_SEARCH = 0x1
_USERADD_TRIES = 5


class ServiceUser(msgspec.Struct, frozen=True):
    """The user and group ids under which the server runs."""

    user: int
    group: int

    def run(
        self, command: Sequence[str | Path], env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as this user, in the root directory, with its output captured as text."""
        return subprocess.run(
            [str(part) for part in command],
            user=self.user,
            group=self.group,
            extra_groups=[],
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            env=env,
        )

    def can(self, access: str, path: Path) -> bool:
        """Whether the user may read ("r"), write ("w") or execute ("x") a path: the kernel is asked."""
        return self.run(["test", f"-{access}", path]).returncode == 0

    def take(self, path: Path) -> None:
        """Make a file or a whole directory tree the user's own."""
        os.chown(path, self.user, self.group, follow_symlinks=False)
        if path.is_dir() and not path.is_symlink():
            for child in path.iterdir():
                self.take(child)

    def let_reach(self, path: Path) -> None:
        """Let the user pass through every directory above ``path``, and through it if it is one."""
        if self.can("x" if path.is_dir() else "r", path):
            return
        for directory in [*reversed(path.parents), path]:
            if directory.is_dir() and not self.can("x", directory):
                _grant_search(directory, self.user)


def service_user() -> ServiceUser:
    """The server's own system user, made if there is none yet. Only root may ask.

    Raises OSError when it cannot be made.
    """
    said = ""
    for attempt in range(_USERADD_TRIES):
        try:
            entry = pwd.getpwnam(SERVICE_USER)
        except KeyError:
            # Another starter may hold the lock on the user database.
            time.sleep(0.2 * attempt)
            said = _add_user().stderr.strip()
        else:
            return ServiceUser(entry.pw_uid, entry.pw_gid)
    raise OSError(f"the system user {SERVICE_USER} could not be made: {said}")


def owner_of(path: Path) -> ServiceUser:
    """The user that owns a path."""
    status = path.stat()
    return ServiceUser(status.st_uid, status.st_gid)


def open_to_all(directory: Path) -> None:
    """Let everybody read a tree of installed programs (an installation made under a strict umask)."""
    for path in [directory, *directory.rglob("*")]:
        if path.is_symlink():
            continue
        mode = path.stat().st_mode
        wanted = mode | stat.S_IRGRP | stat.S_IROTH
        if mode & stat.S_IXUSR:
            wanted |= stat.S_IXGRP | stat.S_IXOTH
        if wanted != mode:
            path.chmod(stat.S_IMODE(wanted))


def _add_user() -> subprocess.CompletedProcess[str]:
    command = ["useradd", "--system", "--no-create-home", "--home-dir", "/nonexistent"]
    command += ["--shell", "/usr/sbin/nologin", "--user-group", SERVICE_USER]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _grant_search(directory: Path, user: int) -> None:
    """Add "this user may search" to a directory's access control list; see acl(5) for its format."""
    entries = {(tag, who): rights for tag, rights, who in _entries(directory)}
    entries[_USER, user] = entries.get((_USER, user), 0) | _SEARCH
    # The mask bounds what users and groups named in the list may do.
    others = [rights for (tag, _), rights in entries.items() if tag not in (_USER_OBJ, _OTHER, _MASK)]
    mask = 0
    for rights in others:
        mask |= rights
    entries[_MASK, _NO_ID] = mask
    packed = [_ACL_ENTRY.pack(tag, rights, who) for (tag, who), rights in sorted(entries.items())]
    try:
        os.setxattr(directory, _ACL, _ACL_VERSION + b"".join(packed))
    except OSError:  # a file system without such lists: search, not read, for everybody
        directory.chmod(stat.S_IMODE(directory.stat().st_mode) | stat.S_IXOTH)


def _entries(directory: Path) -> Iterator[tuple[int, int, int]]:
    """The directory's access control list as it is, or the one that its mode stands for."""
    try:
        packed = os.getxattr(directory, _ACL)
    except OSError:
        mode = directory.stat().st_mode
        yield _USER_OBJ, mode >> 6 & 7, _NO_ID
        yield _GROUP_OBJ, mode >> 3 & 7, _NO_ID
        yield _OTHER, mode & 7, _NO_ID
    else:
        yield from _ACL_ENTRY.iter_unpack(packed[len(_ACL_VERSION) :])
