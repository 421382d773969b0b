"""A real server, ``transformers serve``, with a model that knows nothing: none of it reaches a person."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from kb.knowledge import KnowledgeBase
from tests.llm.conftest import ask, check_extractive
from tests.llm.scripted import wait_until

TEXTS = ["The river partnership was led by Lapland in 2018.", "Partners meet regularly."]
TEMPLATE = (
    "{% for message in messages %}{{ message['role'] }}: {{ message['content'] }}\n{% endfor %}"
    "assistant: "
)


@dataclass(frozen=True)
class Served:
    """A running server, and the folder of its model."""

    url: str
    folder: Path


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("model")
    make_model(folder)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = Path(sys.executable).with_name("transformers")
    arguments = [command, "serve", folder, "--host", "127.0.0.1", "--port", str(port)]
    log = folder / "serve.log"
    with (
        log.open("w") as output,
        subprocess.Popen(
            [*arguments, "--device", "cpu"],
            stdout=output,
            stderr=output,
            env={**os.environ, "HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": ""},
        ) as process,
    ):
        try:
            wait_until(lambda: process.poll() is not None or answers(port), 150)
            assert process.poll() is None, log.read_text()
            yield Served(f"http://127.0.0.1:{port}/v1", folder)
        finally:
            process.kill()


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health").is_success
    except httpx.TransportError:
        return False


def make_model(folder: Path) -> None:
    """A random model of some twelve thousand numbers, and a tokenizer of a few hundred pieces."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    pieces = Tokenizer(models.BPE())
    pieces.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    pieces.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=["<s>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    pieces.train_from_iterator(TEXTS, trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=pieces, bos_token="<s>", eos_token="</s>", pad_token="</s>"
    )
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=8192,
        bos_token_id=0,
        eos_token_id=1,
    )
    LlamaForCausalLM(config).save_pretrained(folder)


def test_the_server_answers_and_talks_nonsense(served):
    record = httpx.post(
        f"{served.url}/chat/completions",
        json={
            "model": str(served.folder),
            "messages": [{"role": "user", "content": "Who leads?"}],
            "max_tokens": 10,
        },
        timeout=30,
    ).json()
    assert record["usage"]["completion_tokens"] == 10


@pytest.mark.parametrize(
    ("seconds", "question"),
    [(1, "Who leads the river partnership?"), (4, "How often should partners meet?")],
)
def test_its_nonsense_never_reaches_a_person(opens, plain, served, seconds, question):
    base: KnowledgeBase = opens(
        llm=f"openai:{served.folder}", llm_base_url=served.url, llm_timeout=seconds
    )
    asked = ask(base, question)
    check_extractive(asked, plain)
    assert not asked.claims
