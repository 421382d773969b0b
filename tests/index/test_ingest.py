import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from kb.errors import IndexDamaged, IndexLocked, IndexMismatch, SourceError
from kb.index.generations import Generations
from kb.knowledge import KnowledgeBase
from tests.conftest import CountingEmbedder


def test_ingesting_twice_changes_nothing(base, embedder):
    before = base.manifest
    embedder.embedded.clear()
    report = base.ingest()
    assert not report.changed
    assert embedder.embedded == []
    assert base.manifest.name == before.name


def test_equal_sources_give_equal_content(make_base, tmp_path):
    from kb.settings import load_settings

    first = make_base(settings=load_settings(index=tmp_path / "a")).manifest
    second = make_base(settings=load_settings(index=tmp_path / "b")).manifest
    assert first.content == second.content
    assert first.name != second.name


def test_only_what_changed_is_embedded(make_base, corpus, tmp_path, embedder):
    own = shutil.copytree(corpus, tmp_path / "corpus")
    base = make_base(corpus=own)
    path = own / "guidance" / "commitment.md"
    path.write_text(path.read_text().replace("led by Lapland in 2018", "led by Lapland in 2019"))
    embedder.embedded.clear()
    report = base.ingest()
    assert report.changed
    assert 0 < report.embedded <= 2
    assert all("2019" in text for text in embedder.embedded)
    found = base.search("Who leads the river partnership?")[0]
    assert "2019" in found.passage.text


def test_l5_a_file_is_added_and_withdrawn(base, tmp_path):
    note = tmp_path / "note.md"
    note.write_text("# Zebra crossing\n\nZebras cross the Limpopo in May.\n")
    base.ingest([str(note)], record={"title": "Zebra note", "licence": "CC-BY-4.0"})
    first = base.search("zebras Limpopo")[0].passage
    assert first.text == "Zebras cross the Limpopo in May."
    assert first.sources[0].title == "Zebra note"
    base.ingest(withdraw=[str(note)])
    assert all("Zebra" not in r.passage.text for r in base.search("zebras Limpopo"))
    assert not any(key.startswith(first.id) for key in base._current().retriever.vectors.hashes())


def test_l5_a_shipped_document_can_be_withdrawn(base):
    base.ingest(withdraw=["faq/meetings"])
    assert "faq/meetings" not in {r.passage.document_id for r in base.search("partners meet")}
    with pytest.raises(SourceError, match="Nothing named 'faq/none'"):
        base.ingest(withdraw=["faq/none"])


def test_l5_a_file_that_is_gone_is_removed(base, tmp_path):
    note = tmp_path / "note.md"
    note.write_text("# Zebra\n\nZebras cross.\n")
    base.ingest([str(note)])
    note.unlink()
    report = base.ingest()
    assert "gone" in report.problems[str(note)]
    assert all("Zebra" not in r.passage.text for r in base.search("zebras"))


def test_a_broken_file_is_reported_and_its_last_version_stays(base, tmp_path):
    note = tmp_path / "note.md"
    note.write_text("# Zebra\n\nZebras cross.\n")
    other = tmp_path / "other.md"
    other.write_text("# Lion\n\nLions sleep.\n")
    base.ingest([str(note), str(other)])
    note.write_bytes(b"\xff\xfe broken")
    other.write_text("# Lion\n\nLions wake.\n")
    report = base.ingest()
    assert "UTF-8" in report.problems[str(note)]
    assert base.search("zebras")[0].passage.text == "Zebras cross."
    assert base.search("lions")[0].passage.text == "Lions wake."


def test_a_collection_stands_alone(make_base, tmp_path, embedder):
    from kb.settings import load_settings

    file = tmp_path / "corpus.jsonl"
    records = [
        {"_id": "d1", "title": "Bridges", "text": "A bridge spans the river."},
        {"_id": "d2", "title": "Boats", "text": "A boat floats on the river."},
    ]
    file.write_text("\n".join(map(json.dumps, records)))
    base = KnowledgeBase(load_settings(index=tmp_path / "beir"), embedder=embedder)
    base.ingest([str(file)])
    results = base.search("boat", top_k=10)
    assert {r.passage.document_id for r in results} == {"d1", "d2"}
    assert results[0].passage.document_id == "d2"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.xyz", b"x", "cannot be read. Known"),
        ("empty.md", b"", "no text"),
        ("lines.jsonl", b'{"_id": 1}\n', "line 1"),
    ],
)
def test_what_cannot_be_read_is_named(base, tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    before = base.manifest.counts
    try:
        problem = base.ingest([str(path)]).problems[str(path)]
    except SourceError as error:
        problem = str(error)
    assert message in problem
    assert base.manifest.counts == before


def test_another_model_is_refused(base, make_base):
    with pytest.raises(IndexMismatch, match=r"'counting'.*'other'.*kb ingest --rebuild"):
        make_base(embedder=CountingEmbedder("other"))
    rebuilt = KnowledgeBase(base.settings, embedder=CountingEmbedder("other"), corpus=base._corpus)
    rebuilt.ingest(rebuild=True)
    assert rebuilt.manifest.fingerprint["model"] == "other"


def test_damage_is_noticed_and_the_generation_before_serves(base, make_base, tmp_path):
    first = base.manifest.name
    note = tmp_path / "note.md"
    note.write_text("# Zebra\n\nZebras cross.\n")
    base.ingest([str(note)])
    live = base.generations.path(base.manifest.name)
    (live / "passages.json").write_text("[]")
    again = make_base()
    assert again.manifest.name == first
    assert "passages.json" in next(iter(again.damaged.values()))
    (base.generations.path(first) / "passages.json").unlink()
    with pytest.raises(IndexDamaged, match="Run: kb ingest --rebuild"):
        make_base()


def test_lost_vectors_are_noticed(base, make_base):
    live = base.generations.path(base.manifest.name)
    shutil.rmtree(live / "vectors")
    with pytest.raises(IndexDamaged):
        make_base()


def test_one_writer_at_a_time(base):
    with base.generations.writing(), pytest.raises(IndexLocked, match="Another process"):
        Generations(base.generations.folder).writing().__enter__()


def test_an_index_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(IndexLocked, match="cannot be written"):
        Generations(tmp_path / "file" / "index").writing().__enter__()


def test_a_new_generation_is_taken_up(base, make_base, tmp_path):
    reader = make_base()
    note = tmp_path / "note.md"
    note.write_text("# Zebra\n\nZebras cross.\n")
    base.ingest([str(note)])
    assert reader.search("zebras")[0].passage.text == "Zebras cross."
    assert len(list((base.generations.folder / "generations").iterdir())) == 2


def test_a_killed_build_leaves_the_live_generation(base, make_base, tmp_path, corpus):
    """SIGKILL at growing delays while another process rebuilds; readers never notice."""
    note = tmp_path / "note.md"
    before = base.manifest.name
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from tests.conftest import CountingEmbedder\n"
        "from kb.knowledge import KnowledgeBase\n"
        "from kb.settings import load_settings\n"
        "base = KnowledgeBase(load_settings(index=Path(sys.argv[1])), embedder=CountingEmbedder(),"
        " corpus=Path(sys.argv[2]))\n"
        "print('ready', flush=True)\n"
        "sys.stdin.readline()\n"
        "base.ingest(rebuild=True)\n"
    )
    for number in range(5):
        note.write_text(f"# Zebra\n\nZebras cross {number}.\n")
        with subprocess.Popen(
            [sys.executable, "-c", code, str(base.settings.index), str(corpus)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        ) as process:
            assert process.stdout.readline() == b"ready\n"
            process.stdin.write(b"go\n")
            process.stdin.flush()
            try:
                process.wait(timeout=0.05 * (number + 1))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
        assert make_base().search("Lapland")[0].passage.text
    base.ingest()
    assert replace(base.manifest, name=before).content == base.manifest.content
