"""Every line of docs/trust.md has a test that is named after it, and no test is named after another."""

import ast
import re
from pathlib import Path

TESTS = Path(__file__).parent
LIST = (TESTS.parent / "docs" / "trust.md").read_text(encoding="utf-8")
NAMED = re.compile(r"test_((?:(?:l|a|s|g|owasp)\d+_)+)")


def test_every_line_has_a_test():
    lines = set(re.findall(r"^\| ([A-Z]+\d+) \|", LIST, re.M))
    tested = set()
    for path in TESTS.rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and (name := NAMED.match(node.name)):
                tested |= set(name[1].upper().strip("_").split("_"))
    assert tested == lines
