"""Notices of conditions that are not quoted, and of sources that give other figures."""

from datetime import date

from kb.answering.cite import Claim, Quote, citations_of, quotes_of
from kb.answering.disagree import find_disagreement
from kb.answering.notices import notices_about
from kb.reading.passages import split_document
from kb.types import Document, SearchResult, Section, Source

TODAY = date(2026, 6, 1)


def passage(text: str, name: str, source: str, as_of: str = "2025"):
    section = Section(("Title", name), 0, len(text), (Source(source, source),), as_of)
    return split_document(Document(name, "Title", "guidance", "summary", text, (section,)))[0]


def kinds(quotes):
    return [notice.kind for notice in notices_about(quotes, citations_of(quotes), TODAY, "en")]


def test_a_condition_that_is_not_quoted_is_said():
    found = passage(
        "Regions may join a partnership. Regions can join only if they hold a mandate.", "a", "S1"
    )
    first, second = found.sentences
    assert kinds([Quote(found, (first,))]) == ["condition"]
    assert kinds([Quote(found, (first, second))]) == []


def test_a_section_without_conditions_is_quoted_without_a_notice():
    found = passage("Regions join a partnership. Partners meet in spring.", "a", "S1")
    assert kinds([Quote(found, found.sentences[:1])]) == []


class Shelf:
    """The vectors of passages, from the counting embedder."""

    def __init__(self, embedder, *passages):
        texts = {
            f"{p.id}:window:{n}": p.text[s.start - p.start : s.end - p.start]
            for p in passages
            for n, s in enumerate(p.sentences)
        }
        self._rows = dict(zip(texts, embedder.embed_queries(list(texts.values())), strict=True))

    def row_vectors(self, passages):
        return self._rows


class Found:
    def __init__(self, *passages):
        self.results = [SearchResult(p, 1.0, n) for n, p in enumerate(passages, start=1)]


def disagreement(embedder, first, second):
    claim = Claim(first.text, "finding", (Quote(first, first.sentences[:1]),))
    return find_disagreement([claim], [Found(first, second)], Shelf(embedder, first, second))


def test_another_source_with_another_figure_is_found(embedder):
    first = passage("The river pilot counted 12 member regions in all.", "a", "S1", "2019")
    second = passage("The river pilot counted 15 member regions in all.", "b", "S2", "2025")
    found = disagreement(embedder, first, second)
    assert found.kind == "older"
    assert found.newer_is_other
    assert "15" in found.other.text
    assert quotes_of([found.other])[0].passage is second


def test_the_same_year_is_a_conflict(embedder):
    first = passage("The river pilot counted 12 member regions in all.", "a", "S1")
    second = passage("The river pilot counted 15 member regions in all.", "b", "S2")
    assert disagreement(embedder, first, second).kind == "conflict"


def test_equal_figures_and_other_subjects_do_not_disagree(embedder):
    first = passage("The river pilot counted 12 member regions in all.", "a", "S1")
    same = passage("The river pilot counted 12 member regions in all.", "b", "S2")
    other = passage("The Lapland pilot counted 15 member regions in all.", "c", "S3")
    assert disagreement(embedder, first, same) is None
    assert disagreement(embedder, first, other) is None
