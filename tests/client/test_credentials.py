"""Which bank a program speaks to when it does not say, and that a token goes nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from sycee.client import Credentials, find_credentials, read_credentials, write_credentials

LOCAL = Credentials(url="http://127.0.0.1:8801", token="syc_1_2")


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SYCEE_URL", raising=False)
    monkeypatch.delenv("SYCEE_TOKEN", raising=False)
    monkeypatch.setenv("SYCEE_DATA_DIR", str(tmp_path))


def test_only_the_owner_can_read_the_file(tmp_path: Path) -> None:
    path = write_credentials(tmp_path, LOCAL)
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_credentials(tmp_path) == LOCAL


def test_a_file_that_others_could_read_is_replaced_by_one_that_they_cannot(tmp_path: Path) -> None:
    (tmp_path / "credentials.json").write_text("{}")
    (tmp_path / "credentials.json").chmod(0o644)
    assert write_credentials(tmp_path, LOCAL).stat().st_mode & 0o777 == 0o600


def test_the_data_directory_says_where_the_bank_is(tmp_path: Path) -> None:
    write_credentials(tmp_path, LOCAL)
    assert find_credentials() == LOCAL


def test_the_environment_goes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_credentials(tmp_path, LOCAL)
    monkeypatch.setenv("SYCEE_TOKEN", "syc_3_4")
    assert find_credentials() == Credentials(url=LOCAL.url, token="syc_3_4")


def test_the_files_token_is_not_sent_to_another_address(tmp_path: Path) -> None:
    write_credentials(tmp_path, LOCAL)
    assert find_credentials(url="http://elsewhere.example:8800").token is None


def test_without_anything_the_settings_address_is_meant() -> None:
    assert find_credentials() == Credentials(url="http://127.0.0.1:8800", token=None)


def test_a_file_that_cannot_be_read_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "credentials.json").write_text("{not json")
    assert read_credentials(tmp_path) is None
