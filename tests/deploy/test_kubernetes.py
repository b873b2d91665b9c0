"""Manifests, Helm values and base job templates: valid, locked down, and in step with what Prefect publishes."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import jsonschema
import kubernetes_validate
import pytest
import yaml
from prefect.workers.process import ProcessWorker
from prefect_docker.worker import DockerWorker
from prefect_kubernetes.worker import KubernetesWorker

from tests.deploy.known import DEPLOY, WRITABLE, is_command, pinned, settings

KUBERNETES = "1.32"
KUSTOMIZATION = yaml.safe_load((DEPLOY / "kubernetes/kustomization.yaml").read_text())
MANIFESTS = [
    document
    for name in KUSTOMIZATION["resources"]
    for document in yaml.safe_load_all((DEPLOY / "kubernetes" / name).read_text())
]
POOLS = {
    "process": ProcessWorker,
    "docker": DockerWorker,
    "kubernetes": KubernetesWorker,
}
CHARTS = ("prefect-server", "prefect-worker")


def named(manifest):
    """Say what a manifest is, for a test's name."""
    return f"{manifest['kind']} {manifest['metadata'].get('name', '')}"


def pod_of(manifest):
    """Return the specification of the pods that a manifest makes; None if it makes none."""
    spec = manifest.get("spec", {})
    spec = spec.get("jobTemplate", {}).get("spec", spec)
    return spec.get("template", {}).get("spec")


PODS = [(named(manifest), pod_of(manifest)) for manifest in MANIFESTS if pod_of(manifest)]
JOB = json.loads((DEPLOY / "pools/kubernetes.json").read_text())["job_configuration"]["job_manifest"]


@pytest.mark.parametrize("manifest", MANIFESTS, ids=named)
def test_a_manifest_fits_the_schema_of_kubernetes_and_names_no_namespace(manifest):
    kubernetes_validate.validate(manifest, KUBERNETES, strict=True)
    assert "namespace" not in manifest["metadata"]
    assert manifest["kind"] != "Secret", "secrets are named, never kept here"


@pytest.mark.parametrize(
    "pod", [pod for _, pod in PODS] + [pod_of(JOB)], ids=[name for name, _ in PODS] + ["a pool's Job"]
)
def test_a_pod_is_locked_down_and_has_where_to_write(pod):
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] >= 1000
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    volumes = {volume["name"] for volume in pod["volumes"]}
    for container in (*pod.get("initContainers", ()), *pod["containers"]):
        locked = container["securityContext"]
        assert locked["readOnlyRootFilesystem"] is True
        assert locked["allowPrivilegeEscalation"] is False
        assert locked["capabilities"] == {"drop": ["ALL"]}
        assert set(WRITABLE) == {mount["mountPath"] for mount in container["volumeMounts"]}
        assert {mount["name"] for mount in container["volumeMounts"]} <= volumes
        assert container["resources"]["limits"]["memory"]
        assert "command" not in container, "the image's entrypoint brings the secrets"
        if isinstance(container["args"], list):
            assert is_command(container["args"])
        names = {one["name"] for one in container.get("env", ()) if isinstance(one, dict)}
        assert names <= settings()


def test_images_are_pinned_and_the_same_everywhere():
    tags = {f"{image['name']}:{image['newTag']}" for image in KUSTOMIZATION["images"]}
    for kind in ("docker", "kubernetes"):
        template = json.loads((DEPLOY / f"pools/{kind}.json").read_text())
        tags.add(template["variables"]["properties"]["image"]["default"])
    tags |= set(re.findall(r"\$\{DOCFERRY_IMAGE:-([^}]*)\}", (DEPLOY / "compose.yaml").read_text()))
    assert len(tags) == 1, tags
    assert pinned(tags.pop())


def test_the_settings_of_all_pods_are_known():
    for manifest in MANIFESTS:
        if manifest["kind"] == "ConfigMap":
            assert set(manifest["data"]) <= settings()


@pytest.mark.parametrize("kind", POOLS)
def test_a_base_job_template_is_prefects_own_with_other_defaults(kind):
    ours = json.loads((DEPLOY / f"pools/{kind}.json").read_text())
    theirs = POOLS[kind].get_default_base_job_template()
    bare = {
        name: {key: value for key, value in one.items() if key != "default"}
        for name, one in ours["variables"]["properties"].items()
    }
    assert bare == {
        name: {key: value for key, value in one.items() if key != "default"}
        for name, one in theirs["variables"]["properties"].items()
    }
    for one in ours["variables"]["properties"].values():
        if "default" in one:
            jsonschema.validate(
                one["default"], {**one, **{key: ours["variables"].get(key, {}) for key in ("$defs", "definitions")}}
            )
    used = set(re.findall(r"\{\{ (\w+) \}\}", json.dumps(ours["job_configuration"])))
    assert used == set(re.findall(r"\{\{ (\w+) \}\}", json.dumps(theirs["job_configuration"])))
    assert set(ours["variables"]["properties"].get("env", {}).get("default", {})) <= settings()


def test_the_job_of_a_flow_run_fits_the_schema_of_kubernetes():
    properties = json.loads((DEPLOY / "pools/kubernetes.json").read_text())["variables"]["properties"]
    given = {name: one.get("default") for name, one in properties.items()} | {
        "name": "hypatos-to-zefort", "labels": {}, "annotations": {}, "command": ["prefect", "flow-run", "execute"],
        "env": [{"name": "PREFECT_HOME", "value": "/var/lib/docferry/prefect"}], "cpu_limit": "1",
    }  # fmt: skip
    text = json.dumps(JOB)
    for name, value in given.items():
        text = text.replace(f'"{{{{ {name} }}}}"', json.dumps(value)).replace(f"{{{{ {name} }}}}", str(value))
    kubernetes_validate.validate(json.loads(text), KUBERNETES, strict=True)


def test_flow_runs_in_docker_are_locked_down():
    properties = json.loads((DEPLOY / "pools/docker.json").read_text())["variables"]["properties"]
    made = properties["container_create_kwargs"]["default"]
    assert made["read_only"] is True
    assert made["cap_drop"] == ["ALL"]
    assert made["security_opt"] == ["no-new-privileges:true"]
    assert int(made["user"].split(":")[0]) >= 1000
    assert set(made["tmpfs"]) == set(WRITABLE)


@pytest.mark.parametrize("chart", CHARTS)
def test_helm_values_pin_what_they_install_and_name_secrets_only(chart):
    text = (DEPLOY / f"helm/{chart}.yaml").read_text()
    values = yaml.safe_load(text)
    image = values.get("global", {}).get("prefect", {}).get("image") or values["worker"]["image"]
    assert pinned(f"{image['repository']}:{image['prefectTag']}")
    assert "latest" not in text
    for key in ("password", "authString", "connectionString", "apiKey"):
        assert not re.search(rf"^\s*{key}:", text, re.MULTILINE), key
    for name in re.findall(r"name: (PREFECT_\w+)", text):
        assert name in settings()


@pytest.mark.parametrize("chart", CHARTS)
def test_helm_values_fit_the_charts_schema(chart):
    """Needs a clone of the charts' repository, named by PREFECT_HELM: nobody's chart is kept here."""
    clone = os.environ.get("PREFECT_HELM")
    if not clone:
        pytest.skip("PREFECT_HELM names no clone of the repository of Prefect's charts")
    folder = Path(clone) / "charts" / chart
    values = yaml.safe_load((DEPLOY / f"helm/{chart}.yaml").read_text())
    jsonschema.Draft7Validator(json.loads((folder / "values.schema.json").read_text())).validate(values)
    known = yaml.safe_load((folder / "values.yaml").read_text())
    assert not list(unknown(values, known))


def unknown(values, known, path=""):
    """Name the values that a chart does not have: its schema lets any through."""
    for key, value in values.items():
        if key not in known:
            yield path + key
        elif isinstance(value, dict) and isinstance(known[key], dict) and known[key]:
            yield from unknown(value, known[key], f"{path}{key}.")


def test_kustomize_puts_it_together():
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("kubectl is not installed")
    done = subprocess.run(
        [kubectl, "kustomize", str(DEPLOY / "kubernetes")], capture_output=True, text=True, check=True
    )
    made = list(yaml.safe_load_all(done.stdout))
    assert len(made) == len(MANIFESTS)
    tags = set(re.findall(r"image: (\S+)", done.stdout))
    assert tags == {f"docferry:{KUSTOMIZATION['images'][0]['newTag']}"}
