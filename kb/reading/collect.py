"""Library -> Collected: finds the files and pages that make up the index and reads each of them.

The library is what is shipped, the secretariat's own FAQ and what was added, less what was withdrawn. A
source that cannot be read now keeps the documents of the last time; one that is gone is removed.
"""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from kb.errors import SourceError
from kb.reading.catalogue import CATALOGUE, read_catalogue, source_from_record
from kb.reading.glossary import GLOSSARY, Term, glossary_document, read_terms
from kb.reading.languages import LANGUAGES, Language, read_languages
from kb.reading.limits import LIMITS, Limit, read_limits
from kb.reading.markdown import read_markdown
from kb.reading.own_faq import OWN_FAQ, faq_files, read_faq_file
from kb.reading.readers import READERS, SourceGone, is_address, load, read
from kb.types import Document, Source

COLLECTION = ".jsonl"


@dataclass(frozen=True, slots=True)
class Item:
    """One file or page as it was read."""

    sha256: str
    documents: tuple[Document, ...]


@dataclass(frozen=True, slots=True)
class Collected:
    """Everything that is to be indexed, and what could not be read."""

    items: dict[str, Item]
    terms: tuple[Term, ...] = ()
    limits: tuple[Limit, ...] = ()
    languages: tuple[Language, ...] = ()
    problems: dict[str, str] = field(default_factory=dict)


@dataclass
class Library:
    """What belongs to an index; kept in ``sources.json`` beside its generations.

    Attributes:
        corpus: folder of the shipped corpus, or None for an index without it.
        added: location (file, folder or address) -> catalogue record.
        withdrawn: document ids and locations that are not to be indexed.
        hosts: from which addresses may be fetched.
        faq: folder of the secretariat's own FAQ, which belongs to the shipped corpus.
    """

    path: Path
    corpus: Path | None
    added: dict[str, Source]
    withdrawn: set[str]
    hosts: tuple[str, ...] = ()
    faq: Path | None = None

    @classmethod
    def open(
        cls, path: Path, corpus: Path, hosts: tuple[str, ...] = (), faq: Path | None = None
    ) -> Library:
        """Read ``sources.json``; without one, the library is the shipped corpus alone.

        Raises:
            SourceError: the file is not valid.
        """
        if not path.is_file():
            return cls(path, corpus, {}, set(), hosts, faq)
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            # What lies in the index folder is named from there: a restored index may lie elsewhere.
            added = {
                place if is_address(place) else str(path.parent.resolve() / place): Source(**record)
                for place, record in values["added"].items()
            }
            withdrawn = set(values["withdrawn"])
            shipped = corpus if values["shipped"] else None
            return cls(path, shipped, added, withdrawn, hosts, faq)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SourceError(f"{path} is not valid: {error}. Restore or remove it.") from error

    def save(self) -> None:
        """Write ``sources.json`` in one step."""
        values = {
            "shipped": self.corpus is not None,
            "added": {
                self._stored(place): {name: getattr(source, name) for name in Source.__slots__}
                for place, source in sorted(self.added.items())
            },
            "withdrawn": sorted(self.withdrawn),
        }
        beside = self.path.with_suffix(".new")
        beside.write_text(json.dumps(values, indent=1, ensure_ascii=False), encoding="utf-8")
        os.replace(beside, self.path)

    def _stored(self, place: str) -> str:
        folder = self.path.parent.resolve()
        inside = not is_address(place) and Path(place).is_relative_to(folder)
        return str(Path(place).relative_to(folder)) if inside else place

    def add(self, location: str, record: Mapping[str, str]) -> None:
        """Add a file, folder or address; the first collection of a new index stands alone.

        Raises:
            SourceError: there is nothing at that place, or its format is not known.
        """
        if not is_address(location):
            path = Path(location).expanduser().resolve()
            if not path.exists():
                raise SourceError(f"{location} does not exist.")
            if path.is_file() and path.suffix.lower() not in READERS:
                raise SourceError(
                    f"{location}: files of type '{path.suffix}' cannot be read. "
                    f"Known: {', '.join(sorted(READERS))}."
                )
            location = str(path)
            record = {**_record_beside(path), **record}
            if path.suffix.lower() == COLLECTION and not self.path.is_file():
                self.corpus = None
        address = location if is_address(location) else ""
        fields = {"id": source_id(location), "title": "", "url": address, **record}
        self.added[location] = source_from_record(fields, self.path)
        self.withdrawn.discard(location)

    def catalogue(self) -> dict[str, Source]:
        """Sources that an entry of the own FAQ may rest on, by id: the shipped and the added ones.

        Raises:
            SourceError: the shipped catalogue is not valid.
        """
        shipped = read_catalogue(self.corpus / CATALOGUE) if self.corpus else {}
        return {**shipped, **{source.id: source for source in self.added.values()}}

    def withdraw(self, name: str, known: set[str]) -> None:
        """Take a source or a document out.

        Args:
            known: ids of the documents that are indexed.

        Raises:
            SourceError: nothing of that name is indexed.
        """
        place = name if is_address(name) else str(Path(name).expanduser().resolve())
        by_id = {source.id: location for location, source in self.added.items()}
        if place in self.added or name in by_id:
            del self.added[by_id.get(name, place)]
        elif name.startswith(OWN_FAQ) and name in known:
            raise SourceError(f"{name} belongs to the own FAQ. Withdraw it in the console.")
        elif name in known:
            self.withdrawn.add(name)
        else:
            raise SourceError(f"Nothing named '{name}' is indexed. See: kb status")


def _record_beside(path: Path) -> dict[str, str]:
    """The catalogue fields that stand in ``FILE.toml`` beside a file."""
    beside = path.with_name(path.name + ".toml")
    if not beside.is_file():
        return {}
    try:
        record = tomllib.loads(beside.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SourceError(f"{beside} is not valid: {error}.") from error
    source_from_record({"id": path.stem, "title": "", **record}, beside)
    record.pop("id", None)
    return record


def source_id(location: str) -> str:
    """Id of an added source: its name and a short hash of where it lies."""
    name = Path(location.rstrip("/")).stem or "source"
    return f"{name}-{hashlib.sha256(location.encode()).hexdigest()[:6]}"


def collect(library: Library, before: Mapping[str, Item] | None = None) -> Collected:
    """Read everything that belongs to a library.

    Args:
        before: what is indexed now, for sources that cannot be read this time.

    Raises:
        SourceError: the shipped corpus or its catalogue is not valid.
    """
    collected = _shipped(library.corpus) if library.corpus else Collected({})
    before = before or {}
    if library.corpus and library.faq:
        _add_faq(collected, library.faq, library.catalogue(), before)
    for location, source in list(library.added.items()):
        for place, record in _places(location, source):
            try:
                loaded = load(place, record, library.hosts)
                collected.items[place] = Item(loaded.sha256, read(loaded))
            except SourceGone as gone:
                collected.problems[place] = str(gone)
                library.added.pop(place, None)
            except SourceError as error:
                collected.problems[place] = str(error)
                if place in before:
                    collected.items[place] = before[place]
    for key, item in list(collected.items.items()):
        kept = tuple(d for d in item.documents if d.id not in library.withdrawn)
        if len(kept) < len(item.documents):
            collected.items[key] = Item(
                _sha256(f"{item.sha256} {[d.id for d in kept]}".encode()), kept
            )
    return collected


def _add_faq(
    collected: Collected, folder: Path, catalogue: Mapping[str, Source], before: Mapping[str, Item]
) -> None:
    """Read the own FAQ; a file that breaks a rule is reported, and stays as it was the last time."""
    for path in faq_files(folder):
        key = f"{OWN_FAQ}{path.name}"
        try:
            data = path.read_bytes()
            document = read_faq_file(path, data, catalogue).document
        except (OSError, SourceError) as error:
            collected.problems[key] = str(error)
            if key in before:
                collected.items[key] = before[key]
        else:
            collected.items[key] = Item(_sha256(data), (document,))


def _places(location: str, source: Source) -> Iterator[tuple[str, Source]]:
    """The file or address itself, or every readable file of a folder."""
    if is_address(location) or not (folder := Path(location)).is_dir():
        yield location, source
        return
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix.lower() in READERS:
            yield str(path), replace(source, id=source_id(str(path)), title="")


def _shipped(corpus: Path) -> Collected:
    catalogue = read_catalogue(corpus / CATALOGUE)
    terms = read_terms(corpus / GLOSSARY)
    items = {}
    for path in _corpus_files(corpus):
        data = path.read_bytes()
        document_id = path.relative_to(corpus).with_suffix("").as_posix()
        document = read_markdown(data.decode(), document_id=document_id, catalogue=catalogue)
        items[f"corpus/{document_id}.md"] = Item(_sha256(data), (document,))
    if terms:
        document = glossary_document(terms, catalogue)
        items[f"corpus/{GLOSSARY}"] = Item(_sha256((corpus / GLOSSARY).read_bytes()), (document,))
    for name in (CATALOGUE, LIMITS):
        if (corpus / name).is_file():
            items[f"corpus/{name}"] = Item(_sha256((corpus / name).read_bytes()), ())
    for path in sorted((corpus / LANGUAGES).rglob("*.*")):
        name = path.relative_to(corpus).as_posix()
        items[f"corpus/{name}"] = Item(_sha256(path.read_bytes()), ())
    return Collected(items, terms, read_limits(corpus / LIMITS), read_languages(corpus / LANGUAGES))


def _corpus_files(corpus: Path) -> Iterator[Path]:
    for path in sorted(corpus.rglob("*.md")):
        if path.name != "README.md" and "evaluation" not in path.relative_to(corpus).parts:
            yield path


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
