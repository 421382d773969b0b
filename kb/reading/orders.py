"""Orders: sentences of a source that tell a language model what to do, and its readers nothing.

They are never quoted, so that no answer can rest on them, and the curator is told. A false statement that
gives no order is not found here; which sources are trusted is for the curator to say.
"""

from __future__ import annotations

import re

_ORDER = re.compile(
    r"""
    \b(?:ignore|disregard|forget|override|bypass)\b.{0,30}
      \b(?:previous|prior|above|earlier|preceding|all|any|your|these|system|safety)\b.{0,30}
      \b(?:instructions?|rules|prompts?|guidelines|directions|orders|constraints)\b
    |\b(?:system|hidden|initial)\s+prompt\b
    |\byou\s+are\s+(?:now|no\s+longer|from\s+now)\b
    |\b(?:instructions?|orders?|notes?|messages?|attention|attn|dear)\b\s*(?:to|for|:)?\s*
      (?:the|an|any|all|every)?\s*(?:ai|assistants?|chatbots?|bots?|llms?|(?:language\s+)?models?)\b
    |\b(?:assistants?|chatbots?|llms?|language\s+models?|ai\s+(?:system|model)s?)\b[^.]{0,20}
      \b(?:must|shall|has\s+to|have\s+to|should)\b[^.]{0,20}
      \b(?:say|answer|reply|respond|write|output|print|repeat|include|append|add|end|begin|tell|ignore|obey)\b
    |\b(?:say|answer|reply|respond|write|output|print|repeat|include|append|add|insert|end|begin|put)\b
      [^.]{0,60}\b(?:in|to|of|with|before|after|under)\s+(?:every|each|all|any|your)\s+(?:\w+\s+)?
      (?:answers?|reply|replies|responses?|outputs?)\b
    |\b(?:end|begin|start|close)\s+(?:every|each|all|your)\s+(?:\w+\s+)?
      (?:answers?|reply|replies|responses?|outputs?)\b
    |\b(?:say|output|print|repeat|answer|reply|respond)\b[^.]{0,20}
      \b(?:the|this)\s+(?:secret\s+|exact\s+|following\s+)?(?:words?|codes?|string|phrase|token|password)\b
    |\btell\s+(?:the|every|each|all|any)\s+(?:users?|readers?|visitors?|persons?\s+who\s+asks?)\b
    """,
    re.IGNORECASE | re.VERBOSE,
)


def gives_orders(sentence: str) -> bool:
    """Whether a sentence is meant for a language model."""
    return bool(_ORDER.search(sentence))
