"""What the documents say is so: commands, settings, fields, errors and the README's examples."""

import dataclasses
import re
from pathlib import Path

import typer
from typer.testing import CliRunner

from kb import types
from kb.settings import Settings
from ui.cli import app

ROOT = Path(__file__).parents[1]
REFERENCE = (ROOT / "docs" / "reference.md").read_text()
README = (ROOT / "README.md").read_text()


def documented(heading: str) -> set[str]:
    """First column of the table under a heading."""
    part = re.search(rf"^## {heading}$(.*?)(?=^## |\Z)", REFERENCE, re.M | re.S)[1]
    return {re.search(r"`([^` ]+)", row)[1] for row in re.findall(r"^\| (`.*?) \|", part, re.M)}


def test_commands():
    names = {c.name or c.callback.__name__ for c in app.registered_commands}
    assert documented("Commands") == names


def test_options():
    command = typer.main.get_command(app)
    for name, sub in command.commands.items():
        for parameter in sub.params:
            for option in getattr(parameter, "opts", ()):
                if option.startswith("--") and option != "--help":
                    assert option in REFERENCE, f"{name} {option}"


def test_settings():
    names = {f"KB_{name.upper()}" for name in Settings.model_fields}
    assert documented("Settings") == names


def test_fields():
    for kind, heading in ((types.Answer, "Answer"), (types.Citation, "Citation")):
        assert documented(heading) == {field.name for field in dataclasses.fields(kind)}


def test_help_is_complete():
    runner = CliRunner()
    result = runner.invoke(app, ["--help"])
    assert result.exit_code == 0
    for name in documented("Commands"):
        assert name in result.output


def test_readme_links_lead_somewhere():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        if not target.startswith("http"):
            assert (ROOT / target).exists(), target


def test_readme_python_runs(shipped, monkeypatch):
    code = re.search(r"```python\n(.*?)```", README, re.S)[1]
    monkeypatch.setenv("KB_INDEX", str(shipped.settings.index))
    exec(compile(code, "README.md", "exec"), {})


def test_readme_answer_is_the_real_one(shipped):
    question = re.search(r"^> \*\*(.+)\*\*$", README, re.M)[1]
    answer = shipped.ask(question)
    for statement in answer.statements:
        assert statement.text in README, statement.text
