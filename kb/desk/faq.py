"""Faq: what people do with the secretariat's own entries -> rows, Markdown files, and the index.

The database is the truth about an entry's state, the folder (KB_FAQ) holds what is published, the index
is made from the folder. A change goes through them in this order; ``reconcile`` puts right what a crash
left undone, and takes over what was changed in the folder by hand.

Raises (all methods that take a name):
    NotFound: there is no such entry.
    ChangedMeanwhile: somebody else has saved it since; nothing is changed.
    NotAllowed: the role does not allow it.
    DeskError: its state or wording does not allow it; says what to do.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from kb.desk import entries, queue
from kb.desk.account import Actor
from kb.desk.change import changing, session_of
from kb.desk.entries import Entry, Version, live_version, wording_of
from kb.desk.mail import read_mail
from kb.desk.personal_data import find_personal_data, remove_personal_data
from kb.desk.reply_work import from_record
from kb.errors import DeskError, IndexLocked, NotAllowed, NotFound, SourceError
from kb.journal import audit
from kb.journal.tables import FaqEntry, FaqState, FaqVersion
from kb.knowledge import KnowledgeBase
from kb.reading.own_faq import (
    MOST_ASKED_AS,
    MOST_QUESTION,
    MOST_TEXT,
    Wording,
    faq_files,
    problems_of,
    read_faq_file,
    write_faq_file,
)
from kb.types import Source

BY_FILE = "(file)"  # no account can have this name
VALID_DAYS = 365
WAIT_SECONDS = 15  # that another process which writes the index is given
_PENDING = ".md.new"
_MARK = re.compile(r"\s*\[\d+\]")


class Faq:
    """The secretariat's own FAQ over one knowledge base and its database."""

    def __init__(
        self,
        base: KnowledgeBase,
        *,
        four_eyes: bool = False,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Set the rules.

        Args:
            four_eyes: who has written an entry may not publish it.
        """
        self._base = base
        self._session = base.database.session
        self._folder = base.settings.faq.expanduser()
        self._four_eyes = four_eyes
        self._now = now

    def entries(self) -> list[Entry]:
        """All entries: those that wait for an approver first, then by question."""
        with self._session() as session:
            return entries.all_of(session, self._today())

    def read(self, name: str) -> Entry:
        """One entry."""
        with self._session() as session:
            row = _find(session, name)
            return entries.entry_of(row, entries.versions_of(session, row), self._today())

    def history(self, name: str) -> list[Version]:
        """Its versions, the newest first, each with what has changed."""
        with self._session() as session:
            return entries.history(entries.versions_of(session, _find(session, name)))

    def problems(self, name: str) -> list[str]:
        """What keeps an entry from being published, a sentence each."""
        entry = self.read(name)
        found = problems_of(entry.wording, self.catalogue())
        if not entry.cleaned_by:
            found.append("Nobody has confirmed yet that it holds no personal data.")
        return found

    def catalogue(self) -> Mapping[str, Source]:
        """Sources that an entry may rest on, by id."""
        return self._base.library.catalogue()

    def propose(
        self,
        question: str,
        text: str,
        actor: Actor,
        *,
        asked_as: Sequence[str] = (),
        sources: Sequence[str] = (),
    ) -> str:
        """Start an entry.

        Returns:
            Its name.
        """
        until = self._today() + timedelta(days=VALID_DAYS)
        wording = _tidy(Wording(question, text, tuple(asked_as), tuple(sources), until))
        with self._session() as session:
            return self._start(session, wording, actor)

    def propose_from(self, inquiry: int, part: int, actor: Actor) -> str:
        """Start an entry from a question of an approved reply, without personal data.

        Returns:
            Its name.
        """
        catalogue = self.catalogue()
        with self._session() as session:
            row = queue.find(session, inquiry)
            found = from_record(row.work).part(part)
            if row.state != "approved" or found is None:
                raise DeskError("Only a question of an approved reply can go into the FAQ.")
            mail = read_mail(row.mail)
            question = remove_personal_data(found.question, mail=mail, language=row.language)
            text = remove_personal_data(_MARK.sub("", found.body.text), mail=mail)
            cited = (source.id for c in found.used() for source in c.sources)
            sources = tuple(name for name in cited if name in catalogue)
            until = self._today() + timedelta(days=VALID_DAYS)
            audit.record(
                session, account=actor.name, action="propose", item=f"inquiry {inquiry}",
                now=self._now(),
            )  # fmt: skip
            return self._start(session, _tidy(Wording(question, text, (), sources, until)), actor)

    def save(self, name: str, version: int, wording: Wording, actor: Actor) -> None:
        """Keep another wording; what is published stays as it is until an approver publishes again."""
        wording = _tidy(wording)
        with self._changing(name, version, actor, "save") as row:
            if wording == wording_of(row):
                return
            _word(row, wording)
            row.state, row.cleaned_by = "proposed", ""
            self._keep_version(row, "proposed", actor.name)

    def confirm_clean(self, name: str, version: int, actor: Actor) -> None:
        """Put the actor's name to it that the entry holds no personal data."""
        with self._changing(name, version, actor, "confirm") as row:
            row.cleaned_by = actor.name

    def publish(self, name: str, version: int, actor: Actor) -> None:
        """Answer from the entry, in every process, from now on.

        Raises:
            IndexLocked: it is published, but the index could not be brought up to date yet.
        """
        actor.require("approver")
        with self._holding_files():
            with self._changing(name, version, actor, "publish") as row:
                self._require_publishable(row, actor)
                row.state, row.approver = "published", actor.name
                kept = self._keep_version(row, "published", actor.name)
                pending = self._write_beside(row, kept)
            os.replace(pending, self._file(name))
        self._bring_up_to_date(f"The entry '{name}' is published")

    def withdraw(self, name: str, version: int, actor: Actor) -> None:
        """Do not answer from the entry any more, and drop what was proposed.

        Raises:
            IndexLocked: it is withdrawn, but the index could not be brought up to date yet.
        """
        actor.require("approver")
        with self._holding_files():
            with self._changing(name, version, actor, "withdraw") as row:
                if row.state == "withdrawn":
                    raise DeskError(f"The entry '{name}' is withdrawn already.")
                row.state = "withdrawn"
                self._keep_version(row, "withdrawn", actor.name)
            self._file(name).unlink(missing_ok=True)
        self._bring_up_to_date(f"The entry '{name}' is withdrawn")

    def reconcile(self) -> None:
        """Make folder and database agree; the index is brought up to date by the next ingest.

        Raises:
            IndexLocked: another process is at it, or the folder cannot be written.
        """
        with self._holding_files():
            pass

    def _today(self) -> date:
        return self._now().astimezone(UTC).date()

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}.md"

    def _start(self, session: Session, wording: Wording, actor: Actor) -> str:
        if not wording.question:
            raise DeskError("Write the question first.")
        now = self._now()
        row = FaqEntry(
            name=self._free_name(session, wording.question), state="proposed", author=actor.name,
            approver="", cleaned_by="", created=now, changed=now,
        )  # fmt: skip
        _word(row, wording)
        session.add(row)
        self._keep_version(row, "proposed", actor.name)
        self._note(session, actor.name, "propose", row.name)
        return row.name

    def _free_name(self, session: Session, question: str) -> str:
        plain = unicodedata.normalize("NFKD", question).encode("ascii", "ignore").decode().lower()
        stem = "-".join(re.findall(r"[a-z0-9]+", plain))[:60].rstrip("-") or "entry"
        taken = {*session.scalars(select(FaqEntry.name)), *(f.stem for f in self._files())}
        names = (stem if n == 1 else f"{stem}-{n}" for n in range(1, len(taken) + 2))
        return next(name for name in names if name not in taken)

    def _files(self) -> list[Path]:
        return faq_files(self._folder)

    @contextmanager
    def _changing(self, name: str, version: int, actor: Actor, action: str) -> Iterator[FaqEntry]:
        """A transaction on an entry that nobody else has changed since its version was read."""
        with self._session() as session:
            row = _find(session, name)
            with changing(
                row, version, name=f"'{name}'", item=_item(name), action=action, actor=actor,
                now=self._now(),
            ):  # fmt: skip
                yield row

    def _note(self, session: Session, account: str, action: str, name: str) -> None:
        audit.record(session, account=account, action=action, item=_item(name), now=self._now())

    def _keep_version(self, row: FaqEntry, state: FaqState, account: str) -> FaqVersion:
        return self._add_version(row, wording_of(row), state, account)

    def _add_version(
        self, row: FaqEntry, wording: Wording, state: FaqState, account: str
    ) -> FaqVersion:
        session = session_of(row)
        session.flush()
        kept = FaqVersion(
            entry_id=row.id, version=row.version, moment=self._now(), account=account, state=state
        )
        _word(kept, wording)
        session.add(kept)
        return kept

    def _require_publishable(self, row: FaqEntry, actor: Actor) -> None:
        if row.state != "proposed":
            raise DeskError(f"The entry '{row.name}' is {row.state}. Edit it first.")
        if wrong := problems_of(wording_of(row), self.catalogue()):
            raise DeskError(" ".join(wrong))
        if not row.cleaned_by:
            raise DeskError("Confirm first that the entry holds no personal data.")
        versions = entries.versions_of(session_of(row), row)
        if self._four_eyes and actor.name in entries.writers(versions):
            raise NotAllowed("You have written this entry; another person must publish it.")

    def _bring_up_to_date(self, done: str) -> None:
        try:
            self._base.ingest(wait=WAIT_SECONDS)
        except IndexLocked:
            raise IndexLocked(
                f"{done}, but another process is writing the index. "
                "Refresh the sources when it is done, or run: kb ingest"
            ) from None

    @contextmanager
    def _holding_files(self) -> Iterator[None]:
        """Hold the folder for writing, after it has been made to agree with the database."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._base.generations.folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self._base.generations.folder / "faq.lock", timeout=WAIT_SECONDS):
                self._reconcile()
                yield
        except Timeout:
            raise IndexLocked("Another process is changing the FAQ. Try again.") from None
        except OSError as error:
            raise IndexLocked(
                f"The FAQ folder {self._folder} cannot be written ({error.strerror}). Check KB_FAQ."
            ) from error

    def _reconcile(self) -> None:
        catalogue = self.catalogue()
        with self._session() as session:
            rows = {row.name: row for row in session.scalars(select(FaqEntry))}
            versions = {name: entries.versions_of(session, row) for name, row in rows.items()}
            self._finish_pending(rows, versions)
            for path in self._files():
                try:
                    file = read_faq_file(path, path.read_bytes(), catalogue)
                except SourceError:
                    continue  # the ingest reports it
                row = rows.get(path.stem)
                if row is None:
                    self._add_from_file(session, path.stem, file.wording, file.author)
                elif _was_withdrawn(versions[row.name], file.wording):
                    path.unlink()
                elif (live := live_version(versions[row.name])) is None or (
                    wording_of(live) != file.wording
                ):
                    self._take_over(session, row, file.wording, live is not None)
            for name, row in rows.items():
                live = live_version(versions[name])
                if live and not self._file(name).exists():
                    os.replace(self._write_beside(row, live), self._file(name))

    def _finish_pending(
        self, rows: Mapping[str, FaqEntry], versions: Mapping[str, Sequence[FaqVersion]]
    ) -> None:
        """Put files in place that a crash kept from it after they were published in the database."""
        for pending in self._folder.glob(f"*{_PENDING}"):
            name = pending.name.removesuffix(_PENDING)
            live = live_version(versions.get(name, ()))
            if live and pending.read_text(encoding="utf-8") == _text_of(rows[name], live):
                os.replace(pending, self._file(name))
            else:
                pending.unlink()

    def _write_beside(self, row: FaqEntry, version: FaqVersion) -> Path:
        """Write the file of a version beside its place; that it is there shows what was to be done."""
        pending = self._folder / f"{row.name}{_PENDING}"
        with pending.open("w", encoding="utf-8") as file:
            file.write(_text_of(row, version))
            file.flush()
            os.fsync(file.fileno())
        return pending

    def _add_from_file(self, session: Session, name: str, wording: Wording, author: str) -> None:
        now = self._now()
        row = FaqEntry(
            name=name, state="published", author=author[:64] or BY_FILE, approver=BY_FILE,
            cleaned_by=BY_FILE, created=now, changed=now,
        )  # fmt: skip
        _word(row, wording)
        session.add(row)
        self._keep_version(row, "published", BY_FILE)
        self._note(session, BY_FILE, "publish", name)

    def _take_over(
        self, session: Session, row: FaqEntry, wording: Wording, keeps_proposal: bool
    ) -> None:
        """Make what a file says the published wording; a proposal that waits for an approver stays."""
        row.changed = self._now()
        flag_modified(row, "changed")
        if row.state != "proposed" or not keeps_proposal:
            _word(row, wording)
            row.state, row.approver, row.cleaned_by = "published", BY_FILE, BY_FILE
        self._add_version(row, wording, "published", BY_FILE)
        self._note(session, BY_FILE, "publish", row.name)


def personal_data_in(wording: Wording) -> list[str]:
    """What looks like personal data in an entry, for the person who confirms that it holds none."""
    texts = (wording.question, wording.text, *wording.asked_as)
    places = [(text, place) for text in texts for place in find_personal_data(text)]
    return [f"{p.kind.replace('_', ' ')}: {text[p.start : p.end]}" for text, p in places]


def forget_proposals(session: Session, limit: datetime) -> None:
    """Delete what was proposed before a moment and never published: it may hold personal data."""
    for row in session.scalars(select(FaqEntry).where(FaqEntry.changed < limit)):
        versions = entries.versions_of(session, row)
        if all(version.state == "proposed" for version in versions):
            session.delete(row)
    old = select(FaqVersion).join(FaqEntry).where(
        FaqVersion.moment < limit,
        FaqVersion.state == "proposed",
        FaqVersion.version < FaqEntry.version,
    )  # fmt: skip
    for version in session.scalars(old):
        session.delete(version)


def _find(session: Session, name: str) -> FaqEntry:
    row = session.scalar(select(FaqEntry).where(FaqEntry.name == name))
    if row is None:
        raise NotFound(f"There is no FAQ entry '{name}'.")
    return row


def _item(name: str) -> str:
    """How the audit log calls an entry."""
    return f"faq {name}"[:80]


def _word(row: FaqEntry | FaqVersion, wording: Wording) -> None:
    row.question, row.text, row.expires = wording.question, wording.text, wording.expires
    row.asked_as, row.sources = list(wording.asked_as), list(wording.sources)


def _tidy(wording: Wording) -> Wording:
    """The same with single spaces, without empty lines and doubles, and with a question mark.

    Raises:
        DeskError: it is too long to be kept.
    """
    question = " ".join(wording.question.split()).rstrip("?!.: ")
    lines = (" ".join(line.split()) for line in wording.asked_as)
    tidy = replace(
        wording,
        question=f"{question}?" if question else "",
        text=wording.text.replace("\r\n", "\n").strip(),
        asked_as=tuple(dict.fromkeys(line for line in lines if line)),
        sources=tuple(dict.fromkeys(name.strip() for name in wording.sources if name.strip())),
    )
    if len(tidy.question) > MOST_QUESTION or len(tidy.text) > MOST_TEXT:
        raise DeskError(
            f"The question may have {MOST_QUESTION} characters, the answer {MOST_TEXT}. Shorten them."
        )
    if len(tidy.asked_as) > MOST_ASKED_AS or len(tidy.sources) > MOST_ASKED_AS:
        raise DeskError(f"At most {MOST_ASKED_AS} ways to ask and sources can be kept.")
    return tidy


def _text_of(row: FaqEntry, version: FaqVersion) -> str:
    return write_faq_file(
        wording_of(version),
        author=row.author,
        approver=version.account,
        as_of=version.moment.astimezone(UTC).date(),
    )


def _was_withdrawn(versions: Sequence[FaqVersion], wording: Wording) -> bool:
    """Whether a file holds what was published last of an entry that is withdrawn."""
    decided = [version for version in versions if version.state != "proposed"]
    if not decided or decided[-1].state != "withdrawn":
        return False
    published = [version for version in decided if version.state == "published"]
    return bool(published) and wording_of(published[-1]) == wording
