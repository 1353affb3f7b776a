"""The files for Kubernetes and the images: parsed, checked against schemas, linted, and of one mind about every name.

No cluster is to be had where these run. The service itself, its settings and its answers are tested elsewhere.
"""

import copy
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import yaml

from coursekit.service.settings import NEEDED, Settings

ROOT = Path(__file__).parents[1]
HERE = ROOT / "deploy" / "kubernetes"
DOCKERFILES = (HERE / "Dockerfile", ROOT / "binder" / "Dockerfile")
KUBERNETES = ("1.31", "1.34", "1.37")
PAGE = (ROOT / "docs" / "kubernetes.md").read_text("utf-8")

sys.path.append(str(HERE))

import sizing  # noqa: E402


@cache
def documents():
    """Every Kubernetes object by kind and name."""
    texts = [(HERE / name).read_text("utf-8") for name in ("grader.yaml", "homes.yaml")]
    found = [one for text in texts for one in yaml.safe_load_all(text)]
    return {(one["kind"], one["metadata"]["name"]): one for one in found}


@cache
def values():
    return yaml.safe_load((HERE / "values.yaml").read_text("utf-8"))


def pod():
    return documents()["Deployment", "grader"]["spec"]["template"]


def container():
    (only,) = pod()["spec"]["containers"]
    return only


def environment():
    return {one["name"]: one.get("value") or one["valueFrom"]["secretKeyRef"] for one in container()["env"]}


# Schemas and linters -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", KUBERNETES)
def test_every_object_is_one_that_kubernetes_knows(version):
    validate = pytest.importorskip("kubernetes_validate").validate
    for one in documents().values():
        validate(one, version, strict=True)


def test_an_object_with_a_misspelled_key_is_not():
    kubernetes_validate = pytest.importorskip("kubernetes_validate")
    bad = copy.deepcopy(documents()["Deployment", "grader"])
    bad["spec"]["template"]["spec"]["containers"][0]["readOnlyRootFileSystem"] = True
    with pytest.raises(kubernetes_validate.ValidationError, match="readOnlyRootFileSystem"):
        kubernetes_validate.validate(bad, KUBERNETES[-1], strict=True)


def test_yaml_files_are_clean():
    linter = pytest.importorskip("yamllint.linter")
    from yamllint.config import YamlLintConfig

    rules = "{line-length: {max: 120}, document-start: disable, braces: {max-spaces-inside: 0}}"
    config = YamlLintConfig(f"{{extends: default, rules: {rules}}}")
    for path in HERE.glob("*.yaml"):
        assert [f"{path.name}: {said}" for said in linter.run(path.read_text("utf-8"), config)] == []


def hadolint(path):
    """What hadolint says about a Dockerfile."""
    beside = Path(sys.executable).with_name("hadolint")
    program = str(beside) if beside.is_file() else shutil.which("hadolint")
    assert program, "hadolint is not installed: it comes with the extra for tests"
    return subprocess.run([program, "--no-color", str(path)], capture_output=True, text=True).stdout


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.parent.name)
def test_dockerfiles_are_clean(path):
    assert hadolint(path) == ""


def test_a_dockerfile_that_takes_the_newest_of_everything_is_not(tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM python:latest\nRUN pip install jupyterlab\n")
    said = hadolint(tmp_path / "Dockerfile")
    assert "DL3007" in said and "DL3013" in said


# Images --------------------------------------------------------------------------------------------------------------


def images():
    """Every image that a file names."""
    froms = [
        line.split()[1]
        for path in DOCKERFILES
        for line in path.read_text("utf-8").splitlines()
        if line.startswith("FROM")
    ]
    learner = values()["singleuser"]["image"]
    return [*froms, container()["image"], f"{learner['name']}:{learner['tag']}"]


def test_every_image_is_pinned_and_named_without_a_registry():
    for image in images():
        name, _, tag = image.partition(":")
        assert re.fullmatch(r"[a-z0-9-]+", name), image
        assert tag and tag != "latest", image


def test_learners_and_grader_come_from_one_release():
    learner = values()["singleuser"]["image"]
    assert container()["image"].partition(":")[2] == learner["tag"]
    (first,) = values()["singleuser"]["initContainers"]
    assert first["image"] == f"{learner['name']}:{learner['tag']}"


def test_all_images_start_from_one_python():
    assert len({image for image in images() if image.startswith("python:")}) == 1


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.parent.name)
def test_what_a_dockerfile_copies_is_there(path):
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("COPY") and "--from" not in line:
            sources = [word for word in line.split()[1:-1] if not word.startswith("--")]
            assert [one for one in sources if one != "build/release" and not (ROOT / one).exists()] == []


def test_no_image_runs_as_root():
    for path in DOCKERFILES:
        users = re.findall(r"^USER (\S+)", path.read_text("utf-8"), re.M)
        assert users and users[-1] not in ("root", "0")


def test_binder_is_told_who_the_user_is():
    text = DOCKERFILES[1].read_text("utf-8")
    assert {"ARG NB_USER=jovyan", "ARG NB_UID=1000"} <= set(text.splitlines())
    assert "ENTRYPOINT" not in text
    assert values()["singleuser"]["uid"] == 1000
    assert values()["singleuser"]["storage"]["homeMountPath"] == "/home/jovyan"


def test_the_learners_half_of_the_hub_is_the_hubs_release():
    (of_image,) = re.findall(r"^ARG JUPYTERHUB=(\S+)", DOCKERFILES[1].read_text("utf-8"), re.M)
    chart, hub = re.search(
        r"chart, release (\S+) \(JupyterHub (\S+)\)", (HERE / "values.yaml").read_text("utf-8")
    ).groups()
    assert of_image == hub
    assert f"--version {chart}" in PAGE


def test_no_secret_is_in_a_file():
    def keys(node):
        if isinstance(node, dict):
            for key, value in node.items():
                yield key, value
                yield from keys(value)
        elif isinstance(node, list):
            for one in node:
                yield from keys(one)

    for node in (values(), *documents().values()):
        found = [
            key
            for key, value in keys(node)
            if re.search("password|token|client_?secret$", key, re.I) and isinstance(value, str)
        ]
        assert found == []


def test_learners_images_hold_no_keys():
    assert "solutions" not in DOCKERFILES[1].read_text("utf-8")
    assert "COPY solutions" in DOCKERFILES[0].read_text("utf-8")


# Names ---------------------------------------------------------------------------------------------------------------


def test_service_pod_and_hub_agree_on_the_address():
    service = documents()["Service", "grader"]
    (port,) = service["spec"]["ports"]
    (open_port,) = container()["ports"]
    name = environment()["JUPYTERHUB_SERVICE_NAME"]
    assert port["targetPort"] == open_port["name"]
    assert port["port"] == open_port["containerPort"]
    assert environment()["JUPYTERHUB_SERVICE_URL"] == f"http://0.0.0.0:{open_port['containerPort']}"
    address = f"http://{service['metadata']['name']}:{port['port']}"
    assert values()["hub"]["services"][name]["url"] == address
    assert values()["singleuser"]["extraEnv"]["COURSEKIT_GRADER"] == f"{address}/services/{name}"
    assert environment()["JUPYTERHUB_SERVICE_PREFIX"] == Settings.__dataclass_fields__["prefix"].default
    assert environment()["JUPYTERHUB_CLIENT_ID"] == f"service-{name}"


def test_selectors_find_the_pods():
    labels = pod()["metadata"]["labels"]
    for kind, key in (
        ("Deployment", "selector"),
        ("PodDisruptionBudget", "selector"),
        ("NetworkPolicy", "podSelector"),
    ):
        wanted = documents()[kind, "grader"]["spec"][key]["matchLabels"]
        assert wanted.items() <= labels.items()
    assert documents()["Service", "grader"]["spec"]["selector"].items() <= labels.items()
    (rule,) = values()["singleuser"]["networkPolicy"]["egress"]
    assert rule["to"][0]["podSelector"]["matchLabels"].items() <= labels.items()
    assert labels["hub.jupyter.org/network-access-hub"] == "true"


def test_probes_ask_an_address_of_the_service():
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        asked = container()[probe]["httpGet"]
        assert asked["path"] == f"{environment()['JUPYTERHUB_SERVICE_PREFIX']}openapi.json"
        assert asked["port"] == container()["ports"][0]["name"]


def test_the_service_gets_every_setting_that_it_needs():
    of_image = set(re.findall(r"(COURSEKIT_\w+)=", DOCKERFILES[0].read_text("utf-8")))
    given = set(environment()) | of_image
    assert set(NEEDED) | {"COURSEKIT_WORKSHOP", "JUPYTERHUB_API_TOKEN", "JUPYTERHUB_API_URL"} <= given


def test_every_setting_is_one_that_the_package_reads():
    sources = "\n".join(path.read_text("utf-8") for path in (ROOT / "coursekit").rglob("*.py"))
    prefixed = {"COURSEKIT_RATE", "COURSEKIT_BURST", "COURSEKIT_TOKEN_SECONDS", "COURSEKIT_CONNECTIONS"}
    given = {*environment(), *values()["singleuser"]["extraEnv"]}
    for name in given:
        if name.startswith("COURSEKIT_"):
            assert name in prefixed or f'"{name}"' in sources, name


def test_the_settings_of_the_workshop_are_read(tmp_path):
    from coursekit.service.workshop import read_workshop

    text = documents()["ConfigMap", "grader-workshop"]["data"]["workshop.yaml"]
    (tmp_path / "workshop.yaml").write_text(text, "utf-8")
    assert read_workshop(tmp_path / "workshop.yaml").feedback == "at once"
    (mount,) = [one for one in container()["volumeMounts"] if one["name"] == "workshop"]
    assert environment()["COURSEKIT_WORKSHOP"] == f"{mount['mountPath']}/workshop.yaml"


def test_learners_and_their_servers_may_ask_the_service():
    roles = values()["hub"]["loadRoles"]
    access = f"access:services!service={environment()['JUPYTERHUB_SERVICE_NAME']}"
    assert all(access in roles[role]["scopes"] for role in ("user", "server"))
    # A role that takes the place of the hub's own keeps what that one gives.
    assert "self" in roles["user"]["scopes"]
    assert {"users:activity!user", "access:servers!server"} <= set(roles["server"]["scopes"])
    assert environment()["JUPYTERHUB_OAUTH_ACCESS_SCOPES"] == f'["{access}"]'
    group = Settings.__dataclass_fields__["instructors"].default
    assert group in values()["hub"]["config"]["JupyterHub"]["load_groups"]


def test_the_learners_volume_is_there():
    claim = documents()["PersistentVolumeClaim", values()["singleuser"]["storage"]["static"]["pvcName"]]
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]
    (first,) = values()["singleuser"]["initContainers"]
    (mount,) = first["volumeMounts"]
    assert mount["subPath"] == values()["singleuser"]["storage"]["static"]["subPath"]
    assert mount["mountPath"] == values()["singleuser"]["storage"]["homeMountPath"] == first["command"][-1]


def test_one_machine_and_many_use_the_same_names():
    seat = (ROOT / "deploy" / "hub" / "seat.py").read_text("utf-8")
    hub = (ROOT / "deploy" / "hub" / "jupyterhub_config.py").read_text("utf-8")
    assert set(values()["singleuser"]["extraEnv"]) <= set(re.findall(r'"(COURSEKIT_\w+)"', seat))
    assert f"/services/{environment()['JUPYTERHUB_SERVICE_NAME']}" in seat
    for role, given in values()["hub"]["loadRoles"].items():
        scopes = ", ".join(f'"{scope}"' for scope in given["scopes"])
        assert f'"name": "{role}", "scopes": [{scopes}]' in hub


# Hardening -----------------------------------------------------------------------------------------------------------


def test_the_service_may_do_little():
    of_pod, own = pod()["spec"]["securityContext"], container()["securityContext"]
    assert of_pod["runAsNonRoot"] is True
    assert of_pod["runAsUser"] == int(re.findall(r"^USER (\d+)", DOCKERFILES[0].read_text("utf-8"), re.M)[-1])
    assert of_pod["seccompProfile"] == {"type": "RuntimeDefault"}
    assert own["readOnlyRootFilesystem"] is True
    assert own["allowPrivilegeEscalation"] is False
    assert own["capabilities"] == {"drop": ["ALL"]}
    assert pod()["spec"]["automountServiceAccountToken"] is False
    assert {"cpu", "memory"} == set(container()["resources"]["limits"]) == set(container()["resources"]["requests"])


def test_one_pod_stays_when_nodes_go():
    assert (
        documents()["Deployment", "grader"]["spec"]["replicas"]
        > documents()["PodDisruptionBudget", "grader"]["spec"]["minAvailable"]
    )
    assert documents()["Deployment", "grader"]["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


def test_the_network_lets_through_what_is_needed_and_no_more():
    policy = documents()["NetworkPolicy", "grader"]["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    (incoming,) = policy["ingress"]
    assert [one["podSelector"]["matchLabels"]["component"] for one in incoming["from"]] == [
        "singleuser-server",
        "proxy",
    ]
    assert [port["port"] for port in incoming["ports"]] == [container()["ports"][0]["containerPort"]]
    assert sorted({port["port"] for rule in policy["egress"] for port in rule["ports"]}) == [53, 5432, 8081]
    assert all("to" in rule for rule in policy["egress"])


# Sizes and the page --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "learners, nodes, graders",
    [(1, 1, 2), (100, 1, 2), (101, 2, 2), (6_000, 60, 2), (6_001, 61, 3), (10_000, 100, 4)],
)
def test_a_class_gets_as_many_nodes_and_pods_as_it_needs(learners, nodes, graders):
    size = sizing.size(learners)
    assert (size.nodes, size.graders) == (nodes, graders)


def test_the_page_shows_the_table_of_sizes():
    assert sizing.table() in PAGE


def test_the_page_has_advice_for_each_size():
    rows = re.findall(r"^\| ([\d,]+) \|", PAGE, re.M)
    assert rows == [f"{size:,}" for size in sizing.SIZES] * 2


def test_a_learner_gets_the_memory_that_the_table_counts_with():
    memory = values()["singleuser"]["memory"]
    assert memory["guarantee"] == f"{sizing.GUARANTEE}M"
    assert sizing.GUARANTEE >= sizing.SERVER + sizing.KERNEL
    assert int(memory["limit"].removesuffix("M")) >= sizing.SERVER + 2 * sizing.KERNEL
    assert environment()["COURSEKIT_CONNECTIONS"] == str(sizing.CONNECTIONS)


def test_the_page_says_that_it_was_not_run():
    assert "**This page was not run.**" in PAGE


def test_every_file_that_the_page_names_is_there():
    named = set(re.findall(r"\b(?:deploy/kubernetes|binder)/[\w.]+", PAGE))
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []
