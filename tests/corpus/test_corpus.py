"""The shipped corpus: every fact is told, every section has its sources, every sentence stands alone."""

import csv
import json
import re
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from kb.evaluation.judge import judge, shipped_content
from kb.index.lexical import stems
from kb.reading.catalogue import CATALOGUE, read_catalogue, shipped_corpus
from kb.reading.limits import LIMITS, read_limits

DATA = Path(__file__).parents[1] / "data"
OPENERS = re.compile(
    r"^(It|They|This|These|Those|That|He|She|Its|Their|Such|However|Also|But|And|Then|There,|Both|"
    r"In addition|Moreover|Therefore|Thus|The former|The latter|Another one|Others)\b"
)
SHARED_WORDS = 0.8


@pytest.fixture(scope="module")
def content():
    return shipped_content()


@pytest.fixture(scope="module")
def facts():
    lines = (DATA / "facts.jsonl").read_text().splitlines()
    return {fact["id"]: fact for fact in map(json.loads, lines)}


@pytest.fixture(scope="module")
def left_out():
    with (shipped_corpus() / "left-out.tsv").open() as file:
        return {row["fact"]: row["reason"] for row in csv.DictReader(file, delimiter="\t")}


@pytest.fixture(scope="module")
def questions():
    text = (shipped_corpus() / "evaluation" / "queries.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def fold(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"\s+", " ", plain)


def sections(content):
    for document in content.documents:
        for section in document.sections:
            yield document, section, document.text[section.start : section.end]


def test_every_fact_is_told_or_left_out_with_a_reason(content, facts, left_out):
    told = {fact for _, section, _ in sections(content) for fact in section.facts}
    whole = {name for name in left_out if not name.endswith("(part)")}
    assert set(facts) - told - whole == set()
    assert told - set(facts) == set()
    assert all(left_out.values())


def test_figures_names_and_dates_of_a_fact_stand_in_its_section(content, facts):
    """Guidance and profiles tell a fact whole; an FAQ entry may tell the part that was asked."""
    with (DATA / "accidental-terms.tsv").open() as file:
        accidental = {(r["fact"], r["term"]) for r in csv.DictReader(file, delimiter="\t")}
    told: dict[str, str] = {}
    for document, section, text in sections(content):
        if document.kind != "faq":
            for fact in section.facts:
                told[fact] = f"{told.get(fact, '')} {section.headings[-1]} {text}"
    missing = []
    for name, text in told.items():
        plain = fold(text)
        for term in facts[name]["terms"]:
            pattern = rf"(?<!\w){re.escape(fold(term))}(?!\w|[.,]\d)"
            if not re.search(pattern, plain) and (name, term) not in accidental:
                missing.append((name, term))
    assert missing == []


def test_a_section_rests_on_the_sources_of_its_facts(content, facts):
    for document, section, _ in sections(content):
        where = f"{document.id}: {section.headings[-1]}"
        assert section.sources, where
        held = {source.id for source in section.sources}
        for fact in section.facts:
            assert held & set(facts[fact]["sources"]), f"{where}: {fact}"


def test_l6_every_source_is_catalogued_with_a_licence():
    catalogue = read_catalogue(shipped_corpus() / CATALOGUE)
    assert len(catalogue) == 358
    for source in catalogue.values():
        assert source.url.startswith("http")
        assert source.licence in ("CC-BY-4.0", "unknown")
        if source.licence == "CC-BY-4.0":
            assert source.publisher.startswith("European Commission")
        assert source.archived == ("s3platform" in source.url.split("/")[2])


def test_l6_what_may_not_be_reused_is_told_in_our_own_words(content):
    closed = [
        document
        for document, section, _ in sections(content)
        if any(source.licence == "unknown" for source in section.sources)
    ]
    assert len(closed) > 100
    assert {document.wording for document in closed} == {"summary"}


def test_every_sentence_stands_alone(content):
    wrong = []
    for passage in content.passages:
        for sentence in passage.sentences:
            text = passage.text[sentence.start - passage.start : sentence.end - passage.start]
            if OPENERS.match(text) or not re.search(r"[.!?:\"”)]$", text):
                wrong.append((passage.anchor, text))
    assert wrong == []


def test_dates_and_anchors(content):
    anchors = Counter()
    for document, section, _ in sections(content):
        assert re.fullmatch(r"(\d{4}(-\d\d(-\d\d)?)?)?", section.as_of), document.id
        anchors[document.id, section.headings] += 1
    assert anchors.most_common(1)[0][1] == 1


def test_there_are_enough_faq_entries(content):
    entries = [s for d, s, _ in sections(content) if d.kind == "faq"]
    assert len(entries) >= 80
    assert all(section.headings[-1].endswith("?") for section in entries)


def shares(own: set[str], other: set[str]) -> float:
    return len(own & other) / max(len(own), len(other), 1)


def test_no_line_repeats_an_evaluation_question(content, questions):
    """Jaccard-like share over the longer of both, so that one common word is no copy."""
    asked = [set(stems(q["text"])) for q in questions]
    lines = [line for p in content.passages for line in p.asked_as]
    lines += [p.headings[-1] for p in content.passages if p.kind == "faq"]
    lines += [s for limit in read_limits(shipped_corpus() / LIMITS) for s in limit.asked_as]
    words = {line: set(stems(line)) for line in lines}
    assert [
        line for line in lines if any(shares(words[line], a) >= SHARED_WORDS for a in asked)
    ] == []


def test_judgements_follow_the_corpus(content, tmp_path):
    folder = shipped_corpus() / "evaluation"
    (tmp_path / "queries.jsonl").write_text((folder / "queries.jsonl").read_text())
    judge(tmp_path, content)
    for split in ("tuning", "test"):
        made = (tmp_path / "qrels" / f"{split}.tsv").read_text()
        assert (folder / "qrels" / f"{split}.tsv").read_text() == made


def test_every_answerable_question_has_a_section(content, questions):
    told = {fact for _, section, _ in sections(content) for fact in section.facts}
    for question in questions:
        if question["answerability"] in ("answerable", "partial"):
            assert told & set(question["facts"]), question["_id"]
