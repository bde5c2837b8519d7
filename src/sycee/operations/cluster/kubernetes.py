"""A cluster's configuration as Kubernetes manifests.

There Patroni keeps who leads in the cluster's own API objects, so no etcd of ours is run. Every pod of the
database is put into another zone, and the bank's services find the leader by Patroni's own service. The
certificate of the database's pods is a secret such as cert-manager makes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import yaml

from sycee.operations.cluster.members import Place, Tls, patroni_settings
from sycee.operations.cluster.plan import API_PORT, DATABASE, PATRONI_PORT, POSTGRES_PORT, Plan

Manifest = dict[str, Any]

_PLACE = Place(
    data_dir=Path("/data/postgres"),
    programs=Path("/usr/lib/postgresql/18/bin"),
    run_dir=Path("/run/postgresql"),
    network="all",
    memory=8 << 30,
    tls=Tls(authority=Path("/tls/ca.crt"), certificate=Path("/tls/tls.crt"), key=Path("/tls/tls.key")),
)
_ZONE = "topology.kubernetes.io/zone"
_LEADER_PORT = {"name": "postgres", "port": POSTGRES_PORT, "targetPort": POSTGRES_PORT}


class Images(msgspec.Struct, frozen=True, kw_only=True):
    """The images to run: PostgreSQL 18 with Patroni (Spilo is one), and Sycee."""

    database: str
    bank: str


def manifest_files(plan: Plan, images: Images, *, storage: str) -> dict[str, str]:
    """The manifests by file name; ``storage`` is what each PostgreSQL asks for, as ``200Gi``."""
    groups = {
        "10-access.yaml": _access(plan),
        "20-database.yaml": _database(plan, images, storage),
        "30-bank.yaml": [
            *_bank(plan, images, "api", "sycee.main.serving", serves=True),
            *_bank(plan, images, "worker", "sycee.main.worker", serves=False),
        ],
    }
    files = {name: yaml.safe_dump_all(parts, sort_keys=False) for name, parts in groups.items()}
    return {**files, "00-secrets.example.yaml": yaml.safe_dump(_secrets(plan), sort_keys=False)}


def _secrets(plan: Plan) -> Manifest:
    names = ("superuser", "replication", "rewind", "restapi")
    url = f"postgresql://sycee:PASSWORD@{plan.name}-leader:{POSTGRES_PORT}/{DATABASE}?sslmode=require"
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": _named(plan, "secrets"),
        "stringData": {**dict.fromkeys((f"{name}-password" for name in names), ""), "database-url": url},
    }


def _access(plan: Plan) -> list[Manifest]:
    """What Patroni may do: keep its state in config maps and endpoints, label its pods."""
    verbs = ["create", "get", "list", "patch", "update", "watch", "delete"]
    account = {"kind": "ServiceAccount", "name": f"{plan.name}-patroni"}
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": _named(plan, "patroni")},
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "Role",
            "metadata": _named(plan, "patroni"),
            "rules": [
                {"apiGroups": [""], "resources": ["configmaps", "endpoints"], "verbs": verbs},
                {
                    "apiGroups": [""],
                    "resources": ["pods"],
                    "verbs": ["get", "list", "patch", "update", "watch"],
                },
            ],
        },
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": _named(plan, "patroni"),
            "subjects": [account],
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "Role",
                "name": f"{plan.name}-patroni",
            },
        },
    ]


def _database(plan: Plan, images: Images, storage: str) -> list[Manifest]:
    labels = _labels(plan, "database")
    members = len(plan.centres)
    return [
        # Without a selector: Patroni itself says which pod stands behind it.
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": _named(plan, "leader", labels),
            "spec": {"ports": [_LEADER_PORT]},
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": _named(plan, "members", labels),
            "spec": {"clusterIP": "None", "selector": labels, "ports": [_LEADER_PORT]},
        },
        _disruption(plan, "database", labels),
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": _named(plan, "patroni-settings"),
            "data": {"patroni.yml": yaml.safe_dump(_settings(plan), sort_keys=False)},
        },
        {
            "apiVersion": "apps/v1",
            "kind": "StatefulSet",
            "metadata": _named(plan, "database", labels),
            "spec": {
                "serviceName": f"{plan.name}-members",
                "replicas": members,
                "podManagementPolicy": "Parallel",
                "selector": {"matchLabels": labels},
                "template": {
                    "metadata": {"labels": labels},
                    "spec": {
                        "serviceAccountName": f"{plan.name}-patroni",
                        "terminationGracePeriodSeconds": 60,
                        "topologySpreadConstraints": _spread(labels),
                        "securityContext": {"runAsNonRoot": True, "runAsUser": 101, "fsGroup": 103},
                        "containers": [_patroni(plan, images)],
                        "volumes": [
                            {"name": "settings", "configMap": {"name": f"{plan.name}-patroni-settings"}},
                            {
                                "name": "tls",
                                "secret": {"secretName": f"{plan.name}-database-tls", "defaultMode": 0o640},
                            },
                            {"name": "run", "emptyDir": {}},
                        ],
                    },
                },
                "volumeClaimTemplates": [
                    {
                        "metadata": {"name": "data"},
                        "spec": {
                            "accessModes": ["ReadWriteOnce"],
                            "resources": {"requests": {"storage": storage}},
                        },
                    }
                ],
            },
        },
    ]


def _settings(plan: Plan) -> Manifest:
    """Patroni's settings without what every pod has its own of: name and addresses come by environment."""
    settings = patroni_settings(plan, plan.centres[0], _PLACE, None)
    for name in ("name", "etcd3", "watchdog"):
        del settings[name]
    for part in ("restapi", "postgresql"):
        for name in ("listen", "connect_address"):
            del settings[part][name]
    # Pods know each other by addresses that no certificate can name beforehand.
    settings["postgresql"]["authentication"]["replication"]["sslmode"] = "verify-ca"
    return settings


def _patroni(plan: Plan, images: Images) -> Manifest:
    probe = {"scheme": "HTTPS", "port": PATRONI_PORT}
    passwords = [
        _from_secret(plan, f"PATRONI_{name.upper()}_PASSWORD", f"{name}-password")
        for name in ("superuser", "replication", "rewind", "restapi")
    ]
    return {
        "name": "patroni",
        "image": images.database,
        "command": ["patroni", "/etc/sycee/patroni.yml"],
        "env": [
            {"name": "PATRONI_SCOPE", "value": plan.name},
            {"name": "PATRONI_KUBERNETES_USE_ENDPOINTS", "value": "true"},
            {
                "name": "PATRONI_KUBERNETES_LABELS",
                "value": f'{{"app.kubernetes.io/instance": "{plan.name}"}}',
            },
            {"name": "PATRONI_KUBERNETES_SCOPE_LABEL", "value": "app.kubernetes.io/instance"},
            _from_pod("PATRONI_KUBERNETES_NAMESPACE", "metadata.namespace"),
            _from_pod("PATRONI_KUBERNETES_POD_IP", "status.podIP"),
            _from_pod("PATRONI_NAME", "metadata.name"),
            {"name": "PATRONI_POSTGRESQL_LISTEN", "value": f"0.0.0.0:{POSTGRES_PORT}"},
            {"name": "PATRONI_RESTAPI_LISTEN", "value": f"0.0.0.0:{PATRONI_PORT}"},
            {
                "name": "PATRONI_POSTGRESQL_CONNECT_ADDRESS",
                "value": f"$(PATRONI_KUBERNETES_POD_IP):{POSTGRES_PORT}",
            },
            {
                "name": "PATRONI_RESTAPI_CONNECT_ADDRESS",
                "value": f"$(PATRONI_KUBERNETES_POD_IP):{PATRONI_PORT}",
            },
            *passwords,
        ],
        "ports": [
            {"name": "postgres", "containerPort": POSTGRES_PORT},
            {"name": "patroni", "containerPort": PATRONI_PORT},
        ],
        "livenessProbe": {"httpGet": {"path": "/liveness", **probe}, "initialDelaySeconds": 5},
        "readinessProbe": {"httpGet": {"path": "/readiness", **probe}, "periodSeconds": 2},
        "securityContext": {"allowPrivilegeEscalation": False},
        "volumeMounts": [
            {"name": "data", "mountPath": "/data"},
            {"name": "settings", "mountPath": "/etc/sycee", "readOnly": True},
            {"name": "tls", "mountPath": "/tls", "readOnly": True},
            {"name": "run", "mountPath": str(_PLACE.run_dir)},
        ],
    }


def _bank(plan: Plan, images: Images, part: str, module: str, *, serves: bool) -> list[Manifest]:
    labels = _labels(plan, part)
    container: Manifest = {
        "name": part,
        "image": images.bank,
        "command": ["python", "-I", "-m", module],
        "env": [
            _from_secret(plan, "SYCEE_DATABASE_URL", "database-url"),
            {"name": "SYCEE_DATA_DIR", "value": "/keys"},
            {"name": "SYCEE_HOST", "value": "0.0.0.0"},  # noqa: S104 - within the pod
        ],
        "securityContext": {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True},
        "volumeMounts": [
            {"name": "keys", "mountPath": "/keys", "readOnly": True},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - the pod's own
        ],
    }
    manifests: list[Manifest] = []
    if serves:
        container["ports"] = [{"name": "http", "containerPort": API_PORT}]
        container["livenessProbe"] = {"httpGet": {"path": "/v1/health/live", "port": "http"}}
        container["readinessProbe"] = {
            "httpGet": {"path": "/v1/health", "port": "http"},
            "periodSeconds": 2,
            "timeoutSeconds": 3,
        }
        manifests.append(
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": _named(plan, part, labels),
                "spec": {"selector": labels, "ports": [{"name": "http", "port": 80, "targetPort": "http"}]},
            }
        )
    return [
        *manifests,
        _disruption(plan, part, labels),
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": _named(plan, part, labels),
            "spec": {
                "replicas": len(plan.centres),
                "selector": {"matchLabels": labels},
                # One more before one less: a new version takes over while traffic goes on.
                "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
                "template": {
                    "metadata": {"labels": labels},
                    "spec": {
                        "terminationGracePeriodSeconds": 40,
                        "topologySpreadConstraints": _spread(labels),
                        "securityContext": {"runAsNonRoot": True, "runAsUser": 10001},
                        "containers": [container],
                        "volumes": [
                            {"name": "keys", "secret": {"secretName": f"{plan.name}-keys"}},
                            {"name": "tmp", "emptyDir": {}},
                        ],
                    },
                },
            },
        },
    ]


def _disruption(plan: Plan, part: str, labels: dict[str, str]) -> Manifest:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": _named(plan, part, labels),
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": labels}},
    }


def _spread(labels: dict[str, str]) -> list[Manifest]:
    return [
        {
            "maxSkew": 1,
            "topologyKey": _ZONE,
            "whenUnsatisfiable": "DoNotSchedule",
            "labelSelector": {"matchLabels": labels},
        }
    ]


def _labels(plan: Plan, part: str) -> dict[str, str]:
    return {
        "app.kubernetes.io/name": "sycee",
        "app.kubernetes.io/instance": plan.name,
        "app.kubernetes.io/component": part,
    }


def _named(plan: Plan, part: str, labels: dict[str, str] | None = None) -> Manifest:
    named: Manifest = {"name": f"{plan.name}-{part}"}
    return {**named, "labels": labels} if labels else named


def _from_pod(name: str, path: str) -> Manifest:
    return {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}


def _from_secret(plan: Plan, name: str, key: str) -> Manifest:
    return {"name": name, "valueFrom": {"secretKeyRef": {"name": f"{plan.name}-secrets", "key": key}}}
