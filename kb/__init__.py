"""Partnership assistant: a knowledge base that answers with the exact words it rests on."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kb.knowledge import KnowledgeBase
    from kb.types import Answer, Citation, Passage, SearchResult

__all__ = ["Answer", "Citation", "KnowledgeBase", "Passage", "SearchResult"]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used, so that importing ``kb`` does nothing."""
    if name == "KnowledgeBase":
        from kb.knowledge import KnowledgeBase

        return KnowledgeBase
    if name in __all__:
        from kb import types

        return getattr(types, name)
    raise AttributeError(f"module 'kb' has no attribute '{name}'")
