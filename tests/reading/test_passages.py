from hypothesis import given
from hypothesis import strategies as st

from kb.reading.markdown import read_markdown
from kb.reading.passages import PASSAGE_CHARACTERS, slug, split_document, split_sentences
from kb.types import Source

SOURCE = Source("S1", "Title")
sentence = st.text("abcdefg ", min_size=3, max_size=80).map(lambda t: f"X{t.strip()}.")
body = st.lists(sentence, min_size=1, max_size=60).map(" ".join)


@given(st.lists(body, min_size=1, max_size=3))
def test_passages_and_sentences_equal_their_spans(bodies):
    text = "# T\n" + "".join(f"\n## H{n}\n\n{body}\n" for n, body in enumerate(bodies))
    document = read_markdown(text, document_id="d", catalogue={}, default=SOURCE)
    passages = split_document(document)
    assert len({p.id for p in passages}) == len(passages)
    for passage in passages:
        assert document.text[passage.start : passage.end] == passage.text
        assert 0 < len(passage.text) <= PASSAGE_CHARACTERS
        for found in passage.sentences:
            assert passage.start <= found.start < found.end <= passage.end


def test_no_text_is_lost_between_passages():
    text = "# T\n\n## H\n\n" + " ".join(f"Sentence number {n} stands here." for n in range(300))
    document = read_markdown(text, document_id="d", catalogue={}, default=SOURCE)
    passages = split_document(document)
    assert len(passages) > 3
    covered = "".join("".join(p.text.split()) for p in passages)
    section = document.sections[0]
    assert covered == "".join(document.text[section.start : section.end].split())


def test_an_id_changes_with_the_text_alone():
    def ids(text):
        document = read_markdown(text, document_id="d", catalogue={}, default=SOURCE)
        return [p.id for p in split_document(document)]

    first = ids("# T\n\n## A\n\nOne.\n\n## B\n\nTwo.\n")
    moved = ids("# T\n\n## New\n\nZero.\n\n## A\n\nOne.\n\n## B\n\nTwo!\n")
    assert first[0] == moved[1]
    assert first[1] != moved[2]


def test_recommendations_and_list_marks():
    text = "Finding one.\n- Recommendation: Do it. Then rest.\n- An item."
    found = [(text[s.start : s.end], s.kind, s.in_list) for s in split_sentences(text)]
    assert found == [
        ("Finding one.", "finding", False),
        ("Do it.", "recommendation", True),
        ("Then rest.", "recommendation", True),
        ("An item.", "finding", True),
    ]


def test_sentences_keep_figures_and_abbreviations_whole():
    text = "The sum is EUR 2.8 million, i.e. a lot. The S3 CoP isn't here."
    assert [text[s.start : s.end] for s in split_sentences(text)] == [
        "The sum is EUR 2.8 million, i.e. a lot.",
        "The S3 CoP isn't here.",
    ]


def test_slug():
    assert slug("Who leads Östergötland's TSSP?") == "who-leads-ostergotland-s-tssp"
