"""For LangChain users: the same search behind a ``BaseRetriever``."""

from __future__ import annotations

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document as LangChainDocument
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from kb.knowledge import KnowledgeBase


class KnowledgeBaseRetriever(BaseRetriever):
    """Passages of a knowledge base as LangChain documents, best first."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    base: KnowledgeBase
    top_k: int = 10

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,  # noqa: ARG002  the base class passes it
    ) -> list[LangChainDocument]:
        records = (result.record() for result in self.base.search(query, top_k=self.top_k))
        return [
            LangChainDocument(
                id=record["passage_id"],
                page_content=record["text"],
                metadata={name: value for name, value in record.items() if name != "text"},
            )
            for record in records
        ]
