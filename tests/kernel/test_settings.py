"""Settings come from SYCEE_ variables, and a wrong one is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from sycee.kernel.settings import SETTINGS, InvalidSetting, Settings


def test_without_variables_everything_has_its_default() -> None:
    settings = Settings.load({})
    assert settings == Settings()
    assert settings.database_url is None
    assert (settings.host, settings.port) == ("127.0.0.1", 8800)
    assert settings.max_transfers == 10_000


def test_variables_win_over_defaults() -> None:
    settings = Settings.load(
        {
            "SYCEE_DATA_DIR": "~/bank",
            "SYCEE_DATABASE_URL": "postgresql://a,b/bank",
            "SYCEE_PORT": " 9000 ",
            "SYCEE_BATCHING": "off",
            "SYCEE_LOG_LEVEL": "debug",
            "SYCEE_EMBEDDED_PORT": "6000",
        }
    )
    assert settings.data_dir == Path.home() / "bank"
    assert settings.database_url == "postgresql://a,b/bank"
    assert settings.port == 9000
    assert settings.batching is False
    assert settings.log_level == "debug"
    assert settings.embedded_port == 6000


def test_an_empty_variable_means_the_default() -> None:
    assert Settings.load({"SYCEE_PORT": "", "SYCEE_DATABASE_URL": " "}) == Settings()


@pytest.mark.parametrize(
    ("variable", "value"),
    [("SYCEE_PORT", "0"), ("SYCEE_PORT", "65536"), ("SYCEE_PORT", "http"), ("SYCEE_PORT", "8800.5")]
    + [("SYCEE_BATCHING", "maybe"), ("SYCEE_LOG_LEVEL", "loud"), ("SYCEE_EMBEDDED_PORT", "-1")]
    + [("SYCEE_MAX_TRANSFERS", "100001"), ("SYCEE_DATABASE_MIN_CONNECTIONS", "17")],
)
def test_a_value_that_cannot_be_used_is_refused_by_name(variable: str, value: str) -> None:
    with pytest.raises(InvalidSetting, match=variable):
        Settings.load({variable: value})


@pytest.mark.parametrize(
    ("text", "value"), [("on", True), ("true", True), ("1", True), ("No", False), ("0", False)]
)
def test_switches_are_read_as_people_write_them(text: str, value: bool) -> None:
    assert Settings.load({"SYCEE_BATCHING": text}).batching is value


def test_every_setting_is_described_for_the_reference() -> None:
    assert [setting.name for setting in SETTINGS] == list(Settings.__struct_fields__)
    for setting in SETTINGS:
        assert setting.variable == f"SYCEE_{setting.name.upper()}"
        assert setting.description.endswith(".")
        assert setting.kind in {"path", "text", "number", "switch"} or " | " in setting.kind
