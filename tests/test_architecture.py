"""The arrow: a module imports only from rooms that stand above it."""

import ast
from pathlib import Path

import kb

ROOT = Path(__file__).parents[1]
ROOMS = [
    ("kb.types", "kb.errors"),
    ("kb.settings",),
    ("kb.reading",),
    ("kb.index",),
    ("kb.journal",),
    ("kb.answering",),
    ("kb.knowledge",),
    ("kb.desk",),
    ("kb.backup", "kb.evaluation", "kb.langchain", "kb.status"),
    ("ui",),
]


def room_of(module: str) -> int:
    for number, names in enumerate(ROOMS):
        if any(module == name or module.startswith(name + ".") for name in names):
            return number
    raise AssertionError(f"{module} belongs to no room")


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return {name for name in found if name.split(".")[0] in ("kb", "ui") and name != "kb"}


def test_imports_follow_the_arrow():
    wrong = []
    for path in [*ROOT.glob("kb/**/*.py"), *ROOT.glob("ui/**/*.py")]:
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        if name in ("kb", "ui") or "migrations" in path.parts:
            continue
        wrong += [f"{name} -> {m}" for m in imports(path) if room_of(m) > room_of(name)]
    assert wrong == []


def test_every_module_says_what_it_is():
    for path in [*ROOT.glob("kb/**/*.py"), *ROOT.glob("ui/**/*.py")]:
        if path.read_text().strip():
            assert ast.get_docstring(ast.parse(path.read_text())), path


def test_the_public_names():
    assert kb.__all__ == ["Answer", "Citation", "KnowledgeBase", "Passage", "SearchResult"]
    assert all(getattr(kb, name) for name in kb.__all__)


def test_importing_does_nothing():
    import subprocess
    import sys

    code = "import sys, kb, ui.cli; print([m for m in ('torch', 'chromadb', 'gradio') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout == "[]\n", done.stderr
