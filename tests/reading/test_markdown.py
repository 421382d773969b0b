from datetime import date

import pytest

from kb.errors import SourceError
from kb.reading.markdown import read_markdown
from kb.types import Source

SOURCE = Source("S1", "Title", as_of="2024")
HEAD = "---\ntitle: T\nkind: guidance\nwording: summary\n---\n# T\n\n## One\n"


def read(body: str, **changes):
    return read_markdown(body, document_id="d", catalogue={"S1": SOURCE}, **changes)


def test_metadata_is_read_and_not_part_of_the_text():
    document = read(
        HEAD + "<!-- sources: S1 · as of: 2025-06 · facts: F1, F2 · valid until: 2026-03-19 -->\n"
        "A **bold** sentence with a [link](https://x.eu).\n\n- **Recommendation:** Act.\n\n"
        "<!-- asked as:\nhow to act\n-->\n"
    )
    (section,) = document.sections
    assert document.text == "T\n\nOne\n\nA bold sentence with a link.\n- Recommendation: Act."
    assert document.text[section.start : section.end].startswith("A bold")
    assert section.headings == ("T", "One")
    assert section.sources == (SOURCE,)
    assert section.as_of == "2025-06"
    assert section.facts == ("F1", "F2")
    assert section.valid_until == date(2026, 3, 19)
    assert section.asked_as == ("how to act",)


def test_a_plain_file_needs_no_metadata():
    document = read("# Title\n\nHello there.\n\n1. one\n2. two\n", default=SOURCE)
    assert document.title == "Title"
    assert document.wording == "source"
    assert document.text == "Title\n\nHello there.\n1. one\n2. two"
    assert document.sections[0].as_of == "2024"


def test_tables_become_rows():
    document = read("# T\n\n| a | b |\n|---|---|\n| 1 | 2 |\n", default=SOURCE)
    assert document.text.endswith("a | b\n1 | 2")


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("sources: S9 · as of: 2025", "source S9"),
        ("sources: S1 · valid until: soon", "'valid until: soon' is not a date"),
        ("sources: S1 · colour: red", "'colour: red'"),
    ],
)
def test_a_wrong_comment_is_named(comment, message):
    with pytest.raises(SourceError, match=message):
        read(HEAD + f"<!-- {comment} -->\nText.\n")


def test_wrong_front_matter_is_named():
    with pytest.raises(SourceError, match="d: its front matter"):
        read("---\ntitle: T\nkind: poem\n---\n# T\n")
