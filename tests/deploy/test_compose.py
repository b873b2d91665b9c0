"""The compose file: it is one, its containers are locked down, and every name in it is one that somebody reads."""

import re
import stat
import subprocess
from pathlib import Path

import compose_spec
import pytest
import yaml

from tests.deploy.known import DEPLOY, ROOT, WRITABLE, is_command, pinned, settings

TEXT = (DEPLOY / "compose.yaml").read_text()
COMPOSE = yaml.safe_load(TEXT)
SERVICES = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "DOCFERRY_IMAGE" in service["image"]}
ONE_SHOT = {"prefect-migrate", "ledger", "pool", "deploy"}


def mounts(service):
    """Name the paths in the container at which something is mounted."""
    return {entry.split(":")[-2 if entry.endswith(":ro") else -1] for entry in service.get("volumes", ())} | {
        entry.split(":")[0] for entry in service.get("tmpfs", ())
    }


def test_the_file_follows_the_compose_specification():
    compose_spec.ComposeSpecification.model_validate(COMPOSE)


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_is_locked_down_pinned_and_looked_after(name):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert "privileged" not in service
    assert pinned(re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", service["image"])), service["image"]
    assert service.get("user") not in {"root", "0"}
    assert service.get("user") or "unprivileged" in service["image"]
    assert service["restart"] == ("no" if name in ONE_SHOT else "unless-stopped")
    check = service["healthcheck"]
    assert check.get("test") or (check["disable"] and name in ONE_SHOT | {"prefect-services"})


@pytest.mark.parametrize("name", OURS)
def test_containers_of_docferry_know_their_settings_and_commands_and_have_where_to_write(name):
    service = OURS[name]
    names = {*service["environment"], *(one if isinstance(one, str) else one["target"] for one in service["secrets"])}
    assert names <= settings(), names - settings()
    assert set(WRITABLE) <= mounts(service)
    if "command" in service:
        assert is_command(service["command"]), service["command"]
    for variable in ("POSTGRES_PASSWORD", "DOCFERRY_KEYS", "DOCFERRY_STATE_URL", "PREFECT_API_AUTH_STRING"):
        assert variable not in service["environment"], "a secret comes from a file"


def test_the_docs_say_what_each_mounted_path_is_for():
    page = (ROOT / "docs/many-machines.md").read_text()
    paths = {path for service in OURS.values() for path in mounts(service)} | {"/run/secrets"}
    assert paths >= set(WRITABLE)
    assert not [path for path in paths if f"`{path}`" not in page]


def test_routes_and_deployments_of_ones_own_reach_the_containers_that_read_them():
    readers = {name for name, service in OURS.items() if "DOCFERRY_MAPPINGS" in service["environment"]}
    readers -= {"pool"}  # makes a work pool, and knows no route
    assert readers >= {"deploy", "worker", "watch"}
    for name in readers:
        assert SERVICES[name]["environment"]["DOCFERRY_MAPPINGS"] in mounts(SERVICES[name]), name
    folder = re.findall(r"^WORKDIR (\S+)", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)[-1]
    assert f"{folder}/prefect.yaml" in mounts(SERVICES["deploy"]), "where prefect deploy looks for it"


def test_what_is_mounted_and_waited_for_is_there():
    secrets = COMPOSE["secrets"]
    for name, service in SERVICES.items():
        for one in service.get("secrets", ()):
            assert (one if isinstance(one, str) else one["source"]) in secrets, name
        for other in service.get("depends_on", {}):
            assert other in SERVICES
        for entry in service.get("volumes", ()):
            source = entry.split(":")[0]
            if source.startswith("./"):
                assert (DEPLOY / source).exists(), entry
            elif not source.startswith("${"):
                assert source in COMPOSE["volumes"]
        assert set(service["networks"]) <= set(COMPOSE["networks"])


def test_replicas_of_the_server_share_events_leases_and_schedules_and_no_worker_is_alone():
    for name in ("prefect-api", "prefect-services", "prefect-migrate"):
        environment, given = SERVICES[name]["environment"], SERVICES[name]["secrets"]
        assert (
            environment["PREFECT_MESSAGING_BROKER"]
            == environment["PREFECT_MESSAGING_CACHE"]
            == "prefect_redis.messaging"
        )
        assert environment["PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE"] == "prefect_redis.lease_storage"
        assert environment["PREFECT_SERVER_EVENTS_CAUSAL_ORDERING"] == "prefect_redis.ordering"
        assert environment["PREFECT_SERVER_DATABASE_MIGRATE_ON_START"] == "false"
        assert {"PREFECT_REDIS_MESSAGING_URL", "PREFECT_SERVER_DOCKET_URL"} <= {
            one for one in given if isinstance(one, str)
        }
    assert SERVICES["prefect-api"]["command"] == ["prefect", "server", "start", "--no-services"]
    assert SERVICES["prefect-api"]["deploy"]["replicas"] >= 2
    assert SERVICES["worker"]["deploy"]["replicas"] >= 3
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {"prefect": ["127.0.0.1:4200:4200"]}, "only the page, and on this machine only"


def test_secrets_are_made_once_fit_each_other_and_are_all_that_is_mounted(tmp_path):
    folder = tmp_path / "secrets"
    twice = []
    for _ in range(2):
        subprocess.run(["sh", str(DEPLOY / "make-secrets.sh"), str(folder)], check=True)
        twice.append({path.name: path.read_text() for path in folder.iterdir()})
    made = twice[0]
    assert twice[1] == made, "what is there stays"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    mounted = {Path(secret["file"]).name for secret in COMPOSE["secrets"].values()}
    assert mounted == set(made) - {"redis_password"}
    assert made["docferry_database_password"] in made["docferry_state_url"]
    assert made["prefect_database_password"] in made["prefect_database_url"]
    assert f"requirepass {made['redis_password']}\n" in made["redis_config"]
