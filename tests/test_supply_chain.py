"""What is built upon: the list of parts equals the lock, licences are known and none is AGPL, no secrets."""

import importlib.metadata
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from detect_secrets import SecretsCollection
from detect_secrets.settings import transient_settings

ROOT = Path(__file__).parents[1]
OURS = "partnership-assistant"
TOOLS = {"pip", "setuptools", "wheel"}  # what comes with Python itself
# Packages that do not name their licence where programs look for it, and what their LICENSE file says.
NAMED_ELSEWHERE = {"axe-playwright-python": "MIT"}
FORBIDDEN = re.compile(r"AGPL|Affero|SSPL|Commons Clause", re.IGNORECASE)
DETECTORS = [
    {"name": name}
    for name in (
        "AWSKeyDetector", "AzureStorageKeyDetector", "DiscordBotTokenDetector",
        "GitHubTokenDetector", "GitLabTokenDetector", "JwtTokenDetector", "NpmDetector",
        "OpenAIDetector", "PrivateKeyDetector", "PypiTokenDetector", "SendGridDetector",
        "SlackDetector", "StripeDetector",
    )
]  # fmt: skip


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def locked() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text().split()
    return {normal(name): version for name, version in (line.split("==") for line in lines)}


def test_owasp4_supply_chain_the_list_of_parts_equals_the_lock(tmp_path):
    made = tmp_path / "sbom.json"
    subprocess.run(
        [sys.executable, "-m", "cyclonedx_py", "environment", "--of", "JSON", "-o", made],
        check=True,
    )
    sbom = json.loads(made.read_text())
    assert sbom["bomFormat"] == "CycloneDX"
    parts = {normal(c["name"]): c["version"].split("+")[0] for c in sbom["components"]}
    parts = {name: version for name, version in parts.items() if name not in {OURS, *TOOLS}}
    assert parts == locked()


def licence_of(name: str) -> str:
    """What a package's metadata says; empty where it says nothing."""
    data = importlib.metadata.metadata(name)
    named = [data.get("License-Expression", "")]
    named += [c for c in data.get_all("Classifier") or () if c.startswith("License ::")]
    text = data.get("License", "")[:200]  # some give the whole text, with those of parts below it
    named.append(text if text.upper() != "UNKNOWN" else "")
    return " | ".join(filter(None, named))


def why_not(name: str) -> str:
    """Why a package may not be used; empty where it may."""
    licence, known = licence_of(name), NAMED_ELSEWHERE.get(name, "")
    if bool(licence) == bool(known):
        return "its licence is not known, or named twice"
    return licence if FORBIDDEN.search(licence or known) else ""


@pytest.mark.parametrize("name", sorted(locked()))
def test_l10_the_licence_is_known_and_allowed(name):
    assert why_not(name) == ""


@pytest.mark.parametrize(
    ("says", "why"),
    [
        ("License-Expression: AGPL-3.0-only", "AGPL-3.0-only"),
        ("License: Dual Licensed - GNU AFFERO GPL 3.0 or Artifex Commercial License", "AFFERO"),
        ("Classifier: License :: OSI Approved :: GNU Affero General Public License v3", "Affero"),
        ("License: UNKNOWN", "not known"),
        ("Summary: says nothing of it", "not known"),
        ("License-Expression: MIT", ""),
    ],
)
def test_l10_agpl_and_unknown_licences_fail(tmp_path, monkeypatch, says, why):
    package = tmp_path / "planted_part-1.0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text(
        f"Metadata-Version: 2.4\nName: planted-part\nVersion: 1.0\n{says}\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    found = why_not("planted-part")
    assert why in found
    assert bool(why) == bool(found)


def secrets_in(path: Path) -> list[str]:
    found = SecretsCollection()
    with transient_settings({"plugins_used": DETECTORS}):
        found.scan_file(str(path))
    return [f"{name}:{secret.line_number} {secret.type}" for name, secret in found]


def test_no_file_and_no_earlier_state_of_one_holds_a_secret(tmp_path):
    history = tmp_path / "history.txt"
    with history.open("wb") as file:
        done = subprocess.run(
            ["git", "log", "-p", "--no-color", "--text", "--", ".", ":!*.png"],
            cwd=ROOT, stdout=file, check=False,
        )  # fmt: skip
    assert done.returncode == 0
    assert history.stat().st_size > 10_000
    assert secrets_in(history) == []


def test_a_planted_secret_is_found(tmp_path):
    planted = tmp_path / "settings.toml"
    planted.write_text("key = 'AKIA" + "IOSFODNN7EXAMPLQ'\n")
    assert len(secrets_in(planted)) == 1
