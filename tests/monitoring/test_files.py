"""Dashboard and alert rules load where they belong, and every alert fires on its cause."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import msgspec
import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from sycee.cli import execute
from tests.monitoring.watched import ALERTS, DASHBOARD, KEPT, needs_prometheus, panels, rules

RUNBOOK = Path(__file__).parent.parent.parent / "docs" / "observability.md"
_API, _WORKER = '{job="sycee-api", instance="a:1"}', '{job="sycee-worker", instance="w:1"}'
_REQUESTS = 'sycee_http_requests_total{method="POST", route="/v1/transfers", status="%s"}'
_SLOW = 'sycee_http_request_duration_seconds_bucket{method="POST", route="/v1/transfers", le="%s"}'
# What a calm bank shows: name of the series, and its values in promtool's notation, one a minute.
CALM = {
    f"up{_API}": "1x60",
    f"up{_WORKER}": "1x60",
    _REQUESTS % "200": "0+6000x60",
    _REQUESTS % "503": "0+1x60",
    _SLOW % "0.1": "0+6000x60",
    _SLOW % "5": "0+6000x60",
    _SLOW % "+Inf": "0+6000x60",
    'sycee_batcher_waiting{batcher="transfers", instance="a:1"}': "100x60",
    'sycee_transfer_outcomes_total{code="id_reused", status="rejected"}': "0x60",
    'sycee_database_pool_waiting{instance="a:1"}': "0x60",
    'sycee_database_retries_total{reason="serialization"}': "0+6x60",
    "sycee_database_connections": "20x60",
    "sycee_database_connections_limit": "200x60",
    "sycee_database_oldest_transaction_seconds": "5x60",
    "sycee_database_oldest_rows_transactions": "50000000x60",
    'sycee_replication_lag_seconds{standby="b", sync_state="quorum"}': "0.1x60",
    "sycee_replication_standbys": "2x60",
    "sycee_watch_timestamp_seconds": "0+60x60",
    'sycee_sweep_runs_total{sweep="payments.due", ending="failed"}': "0x60",
    'sycee_queue_oldest_seconds{queue="payments_due"}': "10x60",
    'sycee_queue_oldest_seconds{queue="payments_stopped"}': "3600x60",
    'sycee_queue_oldest_seconds{queue="approvals"}': "90000x60",
    'sycee_rail_oldest_unanswered_seconds{rail="HVPS"}': "20x60",
    'sycee_rail_messages{rail="HVPS", state="refused"}': "0x60",
    'sycee_rail_messages{rail="HVPS", state="to_deliver"}': "3x60",
    'sycee_end_of_day{cell="101", state="stopped"}': "0x60",
    'sycee_end_of_day{cell="101", state="running"}': "1x60",
    'sycee_end_of_day_running_seconds{cell="101"}': "600x60",
    'sycee_end_of_day_failures{cell="101"}': "0x60",
    'sycee_business_date_behind_days{cell="101"}': "1x60",
    'sycee_seal_unsigned{cell="101"}': "0x60",
}
# What makes each alert fire: a series of the calm bank, and what it shows instead.
CAUSES = {
    "SyceeApiDown": (f"up{_API}", "0x60"),
    "SyceeApiErrors": (_REQUESTS % "503", "0+120x60"),
    "SyceeApiSlow": (_SLOW % "0.1", "0+5000x60"),
    "SyceeBatcherBacklog": ('sycee_batcher_waiting{batcher="transfers", instance="a:1"}', "30000x60"),
    "SyceeIdReused": ('sycee_transfer_outcomes_total{code="id_reused", status="rejected"}', "0+5x60"),
    "SyceePoolExhausted": ('sycee_database_pool_waiting{instance="a:1"}', "3x60"),
    "SyceeDatabaseRetries": ('sycee_database_retries_total{reason="serialization"}', "0+120x60"),
    "SyceeConnectionsShort": ("sycee_database_connections", "180x60"),
    "SyceeLongTransaction": ("sycee_database_oldest_transaction_seconds", "3600x60"),
    "SyceeWraparound": ("sycee_database_oldest_rows_transactions", "1100000000x60"),
    "SyceeReplicationLag": ('sycee_replication_lag_seconds{standby="b", sync_state="quorum"}', "60x60"),
    "SyceeStandbyLost": ("sycee_replication_standbys", "2x10 1x50"),
    "SyceeWorkerDown": (f"up{_WORKER}", "0x60"),
    "SyceeWatchStale": ("sycee_watch_timestamp_seconds", "0x60"),
    "SyceeSweepFailing": ('sycee_sweep_runs_total{sweep="payments.due", ending="failed"}', "0+1x60"),
    "SyceeQueueOld": ('sycee_queue_oldest_seconds{queue="payments_due"}', "900x60"),
    "SyceePeopleWaitedFor": ('sycee_queue_oldest_seconds{queue="payments_stopped"}', "30000x60"),
    "SyceeRailSilent": ('sycee_rail_oldest_unanswered_seconds{rail="HVPS"}', "900x60"),
    "SyceeRailRefused": ('sycee_rail_messages{rail="HVPS", state="refused"}', "1x60"),
    "SyceeEndOfDayStopped": ('sycee_end_of_day{cell="101", state="stopped"}', "1x60"),
    "SyceeEndOfDayLong": ('sycee_end_of_day_running_seconds{cell="101"}', "15000x60"),
    "SyceeEndOfDayFailures": ('sycee_end_of_day_failures{cell="101"}', "4x60"),
    "SyceeBusinessDateBehind": ('sycee_business_date_behind_days{cell="101"}', "3x120"),
    "SyceeSealUnsigned": ('sycee_seal_unsigned{cell="101"}', "1x60"),
}


def _case(cause: tuple[str, str] | None, firing: dict[str, bool], minutes: int) -> dict[str, object]:
    """A case of promtool's: which alerts fire some time after a bank began to look so."""
    shown = {**CALM, **(dict([cause]) if cause else {})}
    return {
        "interval": "1m",
        "name": str(cause),
        "input_series": [{"series": series, "values": values} for series, values in shown.items()],
        "promql_expr_test": [
            {
                "expr": f'count(ALERTS{{alertname="{name}", alertstate="firing"}})',
                "eval_time": f"{minutes}m",
                "exp_samples": [{"labels": "{}", "value": 1}] if fires else [],
            }
            for name, fires in firing.items()
        ],
    }


@needs_prometheus
def test_every_alert_fires_on_its_cause_and_is_silent_in_a_calm_bank(tmp_path: Path) -> None:
    assert CAUSES.keys() == rules().keys()
    assert {series for series, _ in CAUSES.values()} <= CALM.keys()
    (tmp_path / "alerts.yml").write_text(ALERTS)
    cases = [_case(None, dict.fromkeys(CAUSES, False), 62)]
    for name, cause in CAUSES.items():
        cases.append(_case(cause, {name: True}, 62 if name == "SyceeBusinessDateBehind" else 18))
    document = {"rule_files": ["alerts.yml"], "evaluation_interval": "1m", "tests": cases}
    (tmp_path / "tests.yml").write_bytes(msgspec.json.encode(document))  # JSON is YAML
    done = subprocess.run(
        ["promtool", "test", "rules", tmp_path / "tests.yml"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


@needs_prometheus
def test_what_is_rendered_is_what_prometheus_takes(tmp_path: Path) -> None:
    targets = ["--api", "bank1:8801", "--api", "bank2:8801", "--worker", "[::1]:8802"]
    assert execute(["monitoring", "render", str(tmp_path / "new" / "dir"), *targets]) == 0
    done = subprocess.run(
        ["promtool", "check", "config", tmp_path / "new" / "dir" / "prometheus.yml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "24 rules found" in done.stdout
    text = (tmp_path / "new" / "dir" / "prometheus.yml").read_text()
    assert '["bank1:8801","bank2:8801"]' in text
    assert '["[::1]:8802"]' in text


@pytest.mark.parametrize("target", ["bank1", "bank1:", ":80", "bank1:99999", "http://bank1:80", "a b:1"])
def test_a_target_that_is_none_is_refused(target: str, tmp_path: Path) -> None:
    assert execute(["monitoring", "render", str(tmp_path / "x"), "--api", target]) == 2
    assert not (tmp_path / "x").exists()


def test_the_targets_follow_from_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SYCEE_WORKERS", "3")
    monkeypatch.setenv("SYCEE_API_METRICS_PORT", "9100")
    monkeypatch.setenv("SYCEE_WORKER_METRICS_PORT", "9200")
    assert execute(["monitoring", "render", str(tmp_path), "--json"]) == 0
    said = msgspec.json.decode(capsys.readouterr().out)
    assert said["api"] == ["127.0.0.1:9100", "127.0.0.1:9101", "127.0.0.1:9102"]
    assert said["workers"] == ["127.0.0.1:9200"]


def test_the_dashboard_is_one_by_grafanas_own_schema() -> None:
    read = Dashboard.from_json(DASHBOARD)
    written = msgspec.json.decode(JSONEncoder(sort_keys=True).encode(read))
    shown = [panel["title"] for panel in written["panels"]]
    assert shown == [panel["title"] for panel in DASHBOARD["panels"]]
    for before, after in zip(DASHBOARD["panels"], written["panels"], strict=True):
        assert before.keys() <= after.keys() | {"panels"}
        targets = [target["expr"] for target in after.get("targets", [])]
        assert targets == panels().get(before["title"], [])
    assert written["schemaVersion"] == DASHBOARD["schemaVersion"]


def test_panels_have_ids_of_their_own_and_do_not_overlap() -> None:
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24
        assert not taken & cells, panel["title"]
        taken |= cells


def test_every_alert_has_a_severity_and_a_paragraph_for_whoever_is_woken() -> None:
    text = RUNBOOK.read_text(encoding="utf-8")
    for block in ALERTS.split("- alert: ")[1:]:
        name = block.split("\n", 1)[0]
        assert re.search(r"severity: (page|ticket)\b", block), name
        assert "summary:" in block, name
        found = re.search(rf"^#### {name}\n\n(.+?)(?=\n\n#|\Z)", text, re.DOTALL | re.MULTILINE)
        assert found is not None, f"{name} has no paragraph"
        assert len(found[1]) > 100, f"{name}: what does it mean, and what is to be done?"


def test_the_files_are_part_of_the_package() -> None:
    assert {path.name for path in KEPT.iterdir()} >= {"alerts.yml", "dashboard.json"}
