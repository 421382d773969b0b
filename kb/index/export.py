"""Export: a sentence-transformers folder -> one ONNX file that gives the same vectors.

Run as a process: python -m kb.index.export FOLDER FILE. It fails where the vectors are not the same.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from kb.index.embedder import load_model
from kb.index.exported import INPUTS, PROMPTS, SENTENCE, TOKENIZER, TOKENS, ExportedModel

# Of several lengths, so that nothing of the example's shape is left in the graph.
_PROBES = (
    "partnership",
    "Who pays for the work?",
    "Regions that innovate together along value chains share laboratories, pilot plants and skills.",
    "words " * 600,
)
_TOLERANCE = 1e-4


def export(folder: Path, path: Path) -> None:
    """Export a model.

    Raises:
        ValueError: the model takes other inputs than words, or its vectors would change.
    """
    import torch

    model = load_model(folder).eval()
    tokenizer = model.tokenizer
    example = tokenizer(list(_PROBES[1:3]), padding=True, return_tensors="pt")
    names = list(example)
    if unknown := set(names) - set(INPUTS):
        raise ValueError(f"the model takes {', '.join(sorted(unknown))}")

    class Whole(torch.nn.Module):
        """All modules of the model: transformer, pooling, whatever follows."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *given: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            found = self.model(dict(zip(names, given, strict=True)))
            vectors = torch.nn.functional.normalize(found[SENTENCE], p=2, dim=1)
            return vectors, found[TOKENS]

    texts, tokens = torch.export.Dim("texts"), torch.export.Dim("tokens")
    with torch.inference_mode():
        program = torch.onnx.export(
            Whole().eval(), tuple(example.values()), dynamo=True, verbose=False,
            dynamic_shapes=(tuple({0: texts, 1: tokens} for _ in names),),
            input_names=names, output_names=[SENTENCE, TOKENS],
        )  # fmt: skip
    assert program
    program.model.metadata_props.update(_said(model))
    program.save(path, external_data=False)
    _require_same(model, ExportedModel(path))


def _said(model: Any) -> dict[str, str]:
    """What the session has to know besides the graph."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_str(model.tokenizer.backend_tokenizer.to_str())
    tokenizer.no_padding()
    tokenizer.enable_truncation(model.max_seq_length or model.tokenizer.model_max_length)
    prompts = model.prompts or {}
    default = prompts.get(model.default_prompt_name or "", "")
    return {
        TOKENIZER: tokenizer.to_str(),
        PROMPTS["query"]: prompts.get("query") or default,
        PROMPTS["document"]: prompts.get("document") or default,
    }


def _require_same(model: Any, exported: ExportedModel) -> None:
    texts = list(_PROBES)
    for task, encode in (("query", model.encode_query), ("document", model.encode_document)):
        expected = encode(texts, normalize_embeddings=True, show_progress_bar=False)
        distance = float(np.abs(exported.vectors(texts, task=task) - expected).max())
        if not distance < _TOLERANCE:
            raise ValueError(f"vectors of a {task} would change by {distance:.2g}")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    export(Path(sys.argv[1]), Path(sys.argv[2]))
