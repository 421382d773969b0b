"""Each foreign format, read for real in the sandbox; files are made here."""

import io
import zipfile

import pytest
from docx import Document as Word
from pypdf import PdfReader, PdfWriter
from reportlab.pdfgen.canvas import Canvas

from kb.errors import SourceError
from kb.reading.readers import READERS, load, read
from kb.reading.sandbox import parse
from kb.types import Source


def make_pdf(*pages: str) -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    for text in pages:
        for row, line in enumerate(text.split("\n")):
            canvas.drawString(72, 750 - 20 * row, line)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def make_docx() -> bytes:
    word = Word()
    word.add_heading("Guidance", 1)
    word.add_paragraph("Partners meet * often <b>.")
    word.add_paragraph("One item.", style="List Bullet")
    word.add_table(1, 2).rows[0].cells[0].text = "cell"
    buffer = io.BytesIO()
    word.save(buffer)
    return buffer.getvalue()


PAGE = (
    b"<html><head><title>T</title></head><body><nav>Menu Home</nav><main><h1>Guidance</h1>"
    b"<h2>Meetings</h2><p>Partners of a good partnership meet often, since trust grows when people "
    b"see each other in person again and again.</p><p>A second paragraph says that commitment "
    b"matters for every partnership and that training helps.</p><script>alert(1)</script>"
    b"</main></body></html>"
)


def read_file(tmp_path, name: str, data: bytes):
    path = tmp_path / name
    path.write_bytes(data)
    (document,) = read(load(str(path), Source("doc", "Title"), ()))
    return document


def test_pdf_keeps_page_numbers_and_flags_empty_pages(tmp_path):
    document = read_file(tmp_path, "a.pdf", make_pdf("First page\ntext.", "", "Third page."))
    assert [(s.page, document.text[s.start : s.end]) for s in document.sections] == [
        (1, "First page text."),
        (3, "Third page."),
    ]
    assert document.warnings == ("Page 2 holds no text; it may be a picture.",)


def test_docx_keeps_headings_lists_and_odd_characters(tmp_path):
    document = read_file(tmp_path, "a.docx", make_docx())
    assert "Partners meet * often <b>.\n- One item." in document.text
    assert document.sections[0].headings == ("Guidance",)


def test_html_keeps_the_main_text(tmp_path):
    document = read_file(tmp_path, "a.html", PAGE)
    assert "meet often" in document.text
    assert "alert" not in document.text
    assert "Menu" not in document.text
    assert any("Meetings" in s.headings for s in document.sections)


def encrypted_pdf() -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(make_pdf("secret"))))
    writer.encrypt("password", algorithm="RC4-128")
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def docx_bomb() -> bytes:
    """A Word file whose text unpacks to two gigabytes."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(make_docx())) as good,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as bad,
    ):
        for name in good.namelist():
            if name != "word/document.xml":
                bad.writestr(name, good.read(name))
        with bad.open("word/document.xml", "w", force_zip64=True) as file:
            file.write(b"<a>")
            for _ in range(1000):
                file.write(b"x" * 2_000_000)
    return buffer.getvalue()


XXE = b"""<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>"""


@pytest.mark.parametrize(
    ("suffix", "data", "message"),
    [
        (".pdf", b"not a pdf", "cannot be read"),
        (".pdf", encrypted_pdf(), "encrypted"),
        (".docx", b"PK\x03\x04 broken", "cannot be read"),
        (".docx", docx_bomb(), "memory|cannot be read"),
    ],
    ids=["no pdf", "encrypted", "broken", "bomb"],
)
def test_what_cannot_be_read_is_said(suffix, data, message):
    with pytest.raises(SourceError, match=message):
        parse(data, suffix, "file")


def test_binary_and_entities_bring_nothing_in(tmp_path):
    with pytest.raises(SourceError, match="UTF-8"):
        read_file(tmp_path, "a.txt", bytes(range(256)))
    with pytest.raises(SourceError, match="no text"):
        read_file(tmp_path, "a.html", XXE)


def test_s1_hidden_characters_are_taken_out(tmp_path):
    document = read_file(tmp_path, "a.md", "# T\n\nVisi\u200bble.\n".encode())
    assert document.text == "T\n\nVisible."


def test_every_reader_is_tested():
    assert set(READERS) == {".md", ".txt", ".jsonl", ".pdf", ".docx", ".html", ".htm"}
