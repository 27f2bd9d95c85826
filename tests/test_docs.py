"""What the documentation says is there, is there; and its commands run as they stand."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from click.testing import CliRunner
from django.contrib.auth.models import User

from deploy.cli import COMMANDS, main
from deploy.worker import app
from labeling.accounts.services import token_create
from labeling.secrets import PREFIX
from tests.makers import make_human_label
from tests.training.conftest import child_database  # noqa: F401  a fixture
from tests.training.makers import make_labeled_project
from training.learners.built_in import BUILT_IN
from training.learners.built_in.pretraining import backbone_specs
from training.learners.saving import load

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
TOOLS_ONLY = {"CHROMIUM", "JOBS", "PYTHON", "PIP_EXTRA_INDEX_URL"}


def read(path: str) -> str:
    return (ROOT / path).read_text()


def variables_read() -> set[str]:
    """Environment variables that settings read."""
    return set(re.findall(r'read_\w+\(\s*"([A-Z_]+)"', read("deploy/settings.py")))


def test_every_setting_is_documented() -> None:
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", read("docs/settings.md"), flags=re.MULTILINE))

    assert documented == variables_read()


def test_every_setting_that_is_mentioned_exists() -> None:
    known = variables_read() | TOOLS_ONLY
    mentioned = {
        (page.name, name)
        for page in PAGES
        for name in re.findall(r"\b(ASSAY_[A-Z_]+|DATABASE_URL)\b", page.read_text())
        if name.removesuffix("_FILE") not in known and not name.startswith(PREFIX)
    }

    assert mentioned == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", page.read_text())

    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]

    assert missing == []


def commands_named() -> Iterator[tuple[str, list[str]]]:
    """(where, words) of each `assay ...` in the documentation and the containers' files."""
    for page in PAGES:
        for line in re.findall(r"(?:\.venv/bin/)?\bassay ([a-z][^`\n]*)", commands_text(page.read_text())):
            yield page.name, line.split("#")[0].split()
    for name in ("deploy/compose.yml", "deploy/kubernetes/assay.yml"):
        for line in re.findall(r'\["assay", ([^\]]+)\]', read(name)):
            yield name, [word.strip(' "') for word in line.split(",")]


def commands_text(text: str) -> str:
    """What stands in code: between backticks, or indented by four."""
    spans = re.findall(r"`([^`\n]+)`", text)
    return "\n".join([*spans, *re.findall(r"^    (.+)$", text, flags=re.MULTILINE)])


def test_every_command_that_is_named_exists_with_its_options() -> None:
    named = list(commands_named())
    assert len(named) > 20

    for where, (command, *words) in named:
        assert command in COMMANDS, f"{where}: there is no `assay {command}`"
        options = [word.split("=")[0] for word in words if word.startswith("--")]
        help_text = help_of([command, *[word for word in words[:1] if word in subcommands(command)]])
        for option in options:
            assert option in help_text, f"{where}: `assay {command}` has no option {option}"


def help_of(words: list[str]) -> str:
    result = CliRunner().invoke(main, [*words, "--help"])
    assert result.exit_code == 0, result.output
    return result.output


def subcommands(command: str) -> set[str]:
    found = main.get_command(None, command)  # type: ignore[arg-type]
    return set(getattr(found, "commands", {}))


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), flags=re.MULTILINE))
    named = {
        target
        for page in PAGES
        for target in re.findall(r"\bmake ([a-z]+)\b", commands_text(page.read_text()))
    }

    assert {"demo", "test", "check", "bench", "fix", "setup"} <= targets
    assert named <= targets


def test_help_lists_every_command() -> None:
    output = help_of([])

    assert all(re.search(rf"^  {name} ", output, flags=re.MULTILINE) for name in COMMANDS)


def test_compose_file_starts_every_part_and_demands_its_secrets() -> None:
    compose: dict[str, Any] = yaml.safe_load(read("deploy/compose.yml"))

    assert {"web", "worker-train", "worker", "scheduler", "postgres", "valkey"} <= set(compose["services"])
    environment = compose["services"]["web"]["environment"]
    assert all(
        ":?" in environment[name] for name in ("DATABASE_URL", "ASSAY_SECRET_KEY", "ASSAY_ALLOWED_HOSTS")
    )


def test_example_of_the_environment_names_only_known_settings() -> None:
    names = re.findall(r"^#?([A-Z_]+)=", read("deploy/env.example"), flags=re.MULTILINE)

    assert set(names) <= variables_read() | {"POSTGRES_PASSWORD"}


FIXED_IN_CONTAINERS = {"ASSAY_DATA_DIR", "ASSAY_PRODUCTION", "DATABASE_URL", "ASSAY_BROKER_URL"}


def test_every_setting_of_the_docs_reaches_each_container_of_compose() -> None:
    compose: dict[str, Any] = yaml.safe_load(read("deploy/compose.yml"))
    documented = set(re.findall(r"^\| `([A-Z_]+)`", read("docs/settings.md"), flags=re.MULTILINE))
    exampled = set(re.findall(r"^#?([A-Z_]+)=", read("deploy/env.example"), flags=re.MULTILINE))
    assert len(documented) > 15

    for name in ("setup", "web", "worker", "worker-train", "scheduler"):
        environment = compose["services"][name]["environment"]
        for setting in documented | exampled - {"POSTGRES_PASSWORD"}:
            if setting not in FIXED_IN_CONTAINERS:
                assert re.match(rf"\$\{{{setting}:[-?]", environment[setting]), (name, setting)


def manifests() -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(read("deploy/kubernetes/assay.yml")))


def test_manifests_fit_the_schemas_of_kubernetes() -> None:
    for manifest in manifests():
        kubernetes_validate.validate(manifest, "1.31", strict=True)
    kinds = [each["kind"] for each in manifests()]

    assert kinds.count("Deployment") == 4
    assert {"Job", "Service", "Ingress", "HorizontalPodAutoscaler", "PodDisruptionBudget"} < set(kinds)


def test_every_pod_runs_with_as_few_rights_as_it_needs_and_is_watched() -> None:
    pods = {
        each["metadata"]["name"]: each["spec"]["template"]
        for each in manifests()
        if each["kind"] in ("Deployment", "Job")
    }
    for name, template in pods.items():
        pod = template["spec"]
        assert pod["securityContext"]["runAsNonRoot"], name
        assert template["metadata"]["labels"]["part-of"] == "assay"  # what the network policy is about
        for container in [*pod["containers"], *pod.get("initContainers", [])]:
            rights = container["securityContext"]
            assert rights["readOnlyRootFilesystem"]
            assert not rights["allowPrivilegeEscalation"]
            assert rights["capabilities"]["drop"] == ["ALL"]
            assert container["resources"]["limits"]["memory"]
            assert {mount["mountPath"] for mount in container["volumeMounts"]} == {"/data", "/tmp"}
        if name != "assay-setup":
            [container] = pod["containers"]
            assert {"startupProbe", "livenessProbe"} <= set(container)
            assert pod["initContainers"][0]["name"] == "wait-for-setup"
            assert pod["terminationGracePeriodSeconds"] > 30


def test_lock_holds_every_pin_and_no_address() -> None:
    constraints = read("constraints.txt")
    pins = re.findall(
        r'^    "([A-Za-z0-9_.-]+)(?:\[[a-z,]+\])?==([^"]+)"', read("pyproject.toml"), re.MULTILINE
    )

    assert len(pins) > 30
    for name, version in pins:
        assert f"{name}=={version}" in constraints.splitlines(), f"constraints.txt lacks {name}=={version}"
    assert "://" not in constraints
    assert " @ " not in constraints


@pytest.fixture
def eager_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tasks run where they are rung: no worker listens to the tests' broker."""
    app.loader.import_default_modules()
    monkeypatch.setattr(app, "send_task", lambda name, args=(), **_: app.tasks[name].apply(args))


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
@pytest.mark.usefixtures("child_database")
def test_api_session_of_the_documentation_runs(
    live_server: Any, ada: User, tmp_path: Path, eager_tasks: None
) -> None:
    result = run_session(sessions_of_the_api()[0], cwd=tmp_path, ASSAY=live_server.url, TOKEN=token_of(ada))

    first, *rest = result.stdout.split()[-4:]
    assert first.endswith("stored")
    assert rest == ["repeated", "2", "person"]
    assert (tmp_path / "labels.csv").read_text().count("\n") == 4


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
@pytest.mark.usefixtures("child_database")
def test_training_session_of_the_documentation_runs(
    live_server: Any, ada: User, tmp_path: Path, eager_tasks: None
) -> None:
    project = make_labeled_project(owner=ada, n_labeled=45)
    item = project.items.get(key="item-46")
    wrong = make_human_label(item, project.classes.get(name="cat"), user=ada)  # it is a dog
    first, training = sessions_of_the_api()
    helpers = "\n".join(line for line in first.splitlines() if line.startswith(("call()", "pick()")))

    result = run_session(
        f"{helpers}\n{training}",
        cwd=tmp_path,
        ASSAY=live_server.url,
        TOKEN=token_of(ada),
        PROJECT=str(project.pk),
    )

    assert "Possible label error: labeled" in result.stdout
    assert "'low':" in result.stdout
    assert load(tmp_path / "model.zip").classes_.tolist() == ["cat", "dog", "owl"]
    assert item.labels.get() == wrong  # looked at, not changed


def sessions_of_the_api() -> list[str]:
    """Blocks of shell commands in docs/api.md."""
    return re.findall(r"```bash\n(.*?)```", read("docs/api.md"), flags=re.DOTALL)


def token_of(user: User) -> str:
    return token_create(user=user)[1]


def run_session(code: str, *, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    result = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", code],
        env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", **environment},
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=600,  # of a machine with other things to do
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result


def test_the_index_of_learners_names_each_with_its_item_types_and_a_page_on_it(tmp_path: Path) -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| ([^|]*) \|.*\| \[[^|]*\]\(([\w.]+)\) \|$",
        read("docs/learners/README.md"),
        re.MULTILINE,
    )
    types = {"image": "images", "text": "texts", "table": "tables", "series": "series"}
    (tmp_path / "weights.pt").touch()
    (tmp_path / "encoder").mkdir()
    (tmp_path / "encoder/modules.json").touch()
    known = {spec.name: spec for spec in (*BUILT_IN, *backbone_specs(tmp_path))}

    assert {name: kinds for name, kinds, _ in rows} == {
        name: ", ".join(types[kind] for kind in spec.item_types) for name, spec in known.items()
    }
    for name, _, page in rows:
        assert f"`{name}`" in read(f"docs/learners/{page}"), f"{page} does not speak of {name}"
