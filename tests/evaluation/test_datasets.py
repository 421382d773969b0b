import json

import pytest

from kb.errors import SourceError
from kb.evaluation.datasets import load_dataset, read_qrels, shipped_dataset, write_qrels
from kb.evaluation.report import compare, load_report, plot_reliability, report, table
from kb.evaluation.run import knowledge_base_for, run


@pytest.fixture
def folder(tmp_path):
    texts = {"d1": "A bridge spans the river.", "d2": "A boat floats.", "d3": "Trains run."}
    lines = [json.dumps({"_id": i, "title": i, "text": t}) for i, t in texts.items()]
    (tmp_path / "corpus.jsonl").write_text("\n".join(lines))
    queries = [
        {"_id": "q1", "text": "What floats?"},
        {"_id": "q2", "text": "Where?", "history": [{"role": "user", "content": "bridge"}]},
        {"_id": "q3", "text": "zxqv?", "answerability": "unanswerable", "split": "test"},
        {"_id": "q4", "text": "other split"},
    ]
    (tmp_path / "queries.jsonl").write_text("\n".join(map(json.dumps, queries)))
    (tmp_path / "qrels").mkdir()
    rows = "query-id\tcorpus-id\tscore\nq1\td2\t1\nq2\td1\t1\n"
    (tmp_path / "qrels" / "test.tsv").write_text(rows)
    return tmp_path


def test_any_beir_folder_is_measured(folder, base, tmp_path):
    data = load_dataset(folder)
    assert [q.id for q in data.questions] == ["q1", "q2", "q3"]
    with knowledge_base_for(data, base) as own:
        result = report("mine", "test", run(data, own))
    assert result["figures"]["recall@5"] == {"value": 1.0, "low": 1.0, "high": 1.0, "n": 2}
    assert "| recall@5 | 1.000 |" in table(result)
    path = tmp_path / "run.json"
    path.write_text(json.dumps(result))
    assert "| recall@5 | 1.000 | 1.000 | +0.000 | +0.000 to +0.000 | no |" in compare(
        load_report(path), result
    )
    plot_reliability(result, tmp_path / "curve.png")
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")


def test_a_difference_is_real_only_beyond_chance():
    same = {f"q{n}": float(n % 2) for n in range(40)}
    better = dict.fromkeys(same, 1.0)
    lines = compare({"values": {"m": same}}, {"values": {"m": better}}).splitlines()
    assert lines[-1].endswith("| yes |")


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("queries.jsonl", "{broken", "line 1"),
        ("queries.jsonl", '{"_id": "q1", "text": 3}', "line 1"),
        ("qrels/test.tsv", "a\nb\n", "cannot be read"),
    ],
)
def test_a_broken_folder_is_named(folder, file, text, message):
    (folder / file).write_text(text)
    with pytest.raises(SourceError, match=message):
        load_dataset(folder)


def test_judgements_come_from_facts(base, tmp_path):
    from kb.evaluation.datasets import EvaluationQuestion

    question = EvaluationQuestion("q", "who", facts=("F1", "F4"))
    passages = base._current().retriever.content.passages
    write_qrels(tmp_path / "q.tsv", [question], passages)
    assert read_qrels(tmp_path / "q.tsv") == {
        "q": {
            "faq/meetings#how-often-should-partners-meet": 1,
            "guidance/commitment#when-partners-go-quiet": 1,
        }
    }


def test_answers_of_a_batch_are_judged_only_when_whole(tmp_path):
    from kb.evaluation.answers import answers_table

    answers = tmp_path / "answers.jsonl"
    answers.write_text('{"id": "Q001", "status": "answered", "citations": []}\n')
    with pytest.raises(SourceError, match="no answer to question"):
        answers_table(answers)
    questions = (shipped_dataset() / "queries.jsonl").read_text().splitlines()
    records = [{"id": json.loads(line)["_id"], "status": "not_answered"} for line in questions]
    answers.write_text("\n".join(map(json.dumps, records)))
    assert "| test | unanswerable | 36 | 0 | 0 | 36 | - |" in answers_table(answers)
