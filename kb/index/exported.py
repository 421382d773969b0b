"""Exported model: one ONNX file, made once from a model folder -> vectors, by onnxruntime.

A text is run in one step that leaves the interpreter free, so that questions beside each other do not wait
for each other, and without padding, so that a vector depends on its own text alone.
"""

from __future__ import annotations

import hashlib
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout
from platformdirs import user_cache_path

TOKENIZER = "tokenizer"
PROMPTS = {"query": "query_prompt", "document": "document_prompt"}
INPUTS = {"input_ids": "ids", "attention_mask": "attention_mask", "token_type_ids": "type_ids"}
SENTENCE, TOKENS = "sentence_embedding", "token_embeddings"
# Tokens in one run: beyond this a larger batch is no faster, but takes more memory.
_RUN_TOKENS = 1024
_EXPORT_SECONDS = 300
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TokenVectors:
    """A text as the model reads it.

    Attributes:
        whole: (dimension,) unit vector of the text.
        spans: (start, end) in the text for each token; (0, 0) for those that stand for no character.
        vectors: (len(spans), dimension) of the tokens.
    """

    whole: np.ndarray
    spans: Sequence[tuple[int, int]]
    vectors: np.ndarray


class ExportedModel:
    """An exported model; the file holds the tokenizer and the prompts too."""

    def __init__(self, path: Path) -> None:
        """Load it; whatever onnxruntime raises where the file is none."""
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        # Texts share the cores; two that each want all of them would wait for one another.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.enable_mem_pattern = False  # it pays where texts are of one length
        self._session = onnxruntime.InferenceSession(
            path, options, providers=["CPUExecutionProvider"]
        )
        self._said = self._session.get_modelmeta().custom_metadata_map
        self._tokenizer = Tokenizer.from_str(self._said[TOKENIZER])
        self._inputs = [given.name for given in self._session.get_inputs()]

    @cached_property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._session.get_outputs()[0].shape[-1])

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """Words that stand whole in the tokenizer's vocabulary."""
        return frozenset(word for word in self._tokenizer.get_vocab() if word.isalpha())

    def vectors(
        self,
        texts: Sequence[str],
        *,
        task: str,
        side_by_side: bool = False,
        progress: Callable[[int], object] | None = None,
    ) -> np.ndarray:
        """Embed texts: (len(texts), dimension) float32, unit rows, in order.

        Args:
            task: ``query`` or ``document``; chooses the prompt.
            side_by_side: all cores are used.
            progress: called with the number of texts done since the last call.
        """
        prompt = self._said[PROMPTS[task]]
        read = self._tokenizer.encode_batch([prompt + text for text in texts])
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)

        def run(rows: list[int]) -> int:
            feed = self._feed([read[row] for row in rows])
            vectors[rows] = self._session.run([SENTENCE], feed)[0]
            return len(rows)

        batches = list(_batches([len(found) for found in read]))
        if side_by_side:
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                self._tell(pool.map(run, batches), progress)
        else:
            self._tell(map(run, batches), progress)
        return vectors

    def tokens(self, texts: Sequence[str]) -> list[TokenVectors]:
        """Embed texts without a prompt, and each of their tokens where it stands."""
        found = []
        for read in self._tokenizer.encode_batch(list(texts)):
            whole, vectors = self._session.run([SENTENCE, TOKENS], self._feed([read]))
            found.append(TokenVectors(whole[0], read.offsets, vectors[0]))
        return found

    def _feed(self, read: Sequence[Any]) -> dict[str, np.ndarray]:
        """Texts of equal length, as the model takes them: (texts, tokens) each."""
        return {
            name: np.array([getattr(found, INPUTS[name]) for found in read], dtype=np.int64)
            for name in self._inputs
        }

    @staticmethod
    def _tell(done: Iterator[int], progress: Callable[[int], object] | None) -> None:
        for number in done:
            if progress:
                progress(number)


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Rows of equal length together, the longest first."""
    order = sorted(range(len(lengths)), key=lambda row: -lengths[row])
    for length, group in groupby(order, key=lambda row: lengths[row]):
        rows, most = list(group), max(1, _RUN_TOKENS // max(1, length))
        yield from (rows[begin : begin + most] for begin in range(0, len(rows), most))


def exported_model(folder: Path, fingerprint: str) -> ExportedModel | None:
    """The exported form of a model folder, from the user's cache; made where it is not there yet.

    Args:
        fingerprint: names the weights; other files of the folder are looked at here.

    Returns:
        None where the model cannot be exported or the cache cannot be written; the reason is logged.
    """
    cache = user_cache_path("partnership-assistant") / "models"
    name = _name(folder, fingerprint)
    try:
        if found := _stored(cache, name):
            return found
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        with FileLock(cache / f"{name}.lock", timeout=_EXPORT_SECONDS):
            return _stored(cache, name) or _export(folder, cache, name)
    except (OSError, Timeout, subprocess.SubprocessError) as error:
        _log.warning(
            "The model runs as it is, at half the speed, for it cannot be exported: %s", error
        )
    return None


def _name(folder: Path, fingerprint: str) -> str:
    """A name that changes with whatever the export depends on."""
    from importlib.metadata import version

    made_by = [version(name) for name in ("sentence-transformers", "torch", "onnxruntime")]
    digest = hashlib.sha256(repr([fingerprint, made_by]).encode())
    for path in sorted([*folder.rglob("*.json"), *folder.rglob("*.txt"), *folder.rglob("*.model")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _stored(cache: Path, name: str) -> ExportedModel | None:
    """What was exported before, if its bytes are still those that its name was given for."""
    for path in cache.glob(f"{name}-*.onnx"):
        if path.stem.rpartition("-")[2] == _digest(path):
            return ExportedModel(path)
        path.unlink()
    return None


def _export(folder: Path, cache: Path, name: str) -> ExportedModel:
    """Export in a process of its own, so that this one need not load what only that needs.

    Raises:
        SubprocessError: it failed or took too long.
        OSError: no room, or no right to write.
    """
    made = cache / f"{name}.making"
    done = subprocess.run(
        [sys.executable, "-m", "kb.index.export", str(folder), str(made)],
        capture_output=True, text=True, timeout=_EXPORT_SECONDS,
    )  # fmt: skip
    if done.returncode:
        made.unlink(missing_ok=True)
        last = (done.stderr.strip() or "it ended without a word").splitlines()[-1]
        raise subprocess.SubprocessError(last)
    return ExportedModel(made.rename(cache / f"{name}-{_digest(made)}.onnx"))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]
