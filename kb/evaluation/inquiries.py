"""Inquiries: written e-mails with their questions and facts -> how well the desk reads and answers them.

    python -m kb.evaluation.inquiries [--failures]

The desk was made with the first twenty mails in sight; the others were only measured.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter

from kb.answering.replies import CONTACT
from kb.desk.inquiry import content_words_of, topic_of
from kb.desk.letter import shown, template
from kb.desk.mail import Mail, read_mail
from kb.desk.personal_data import remove_personal_data
from kb.desk.reply import Draft, Item, draft_reply, is_stated
from kb.evaluation.datasets import shipped_dataset
from kb.evaluation.judge import shipped_content
from kb.knowledge import KnowledgeBase

HALVES = {"01-20, seen": (1, 20), "21-40, blind": (21, 40)}
SHARED_WORDS = 0.6
_FRAME = re.compile(r"\[\d+\]|^- ", re.MULTILINE)


class GoldQuestion(BaseModel):
    """A question of a mail; ``facts`` are those that a right answer tells one of."""

    model_config = ConfigDict(extra="forbid")
    text: str
    facts: tuple[str, ...]
    answerable: bool


class Gold(BaseModel):
    """What is right for one mail."""

    model_config = ConfigDict(extra="forbid")
    file: str
    language: str
    handover: str | None
    attack: bool
    questions: tuple[GoldQuestion, ...]
    personal_data: tuple[str, ...]
    from_name: str


@dataclass(frozen=True, slots=True)
class Judged:
    """One mail with what came out, and what of it is right.

    Attributes:
        found: for each question, whether it was found.
        sourced, stated: for each answerable one, whether an answer cites a right source, and whether
            that answer stands in the reply.
        named: for each other one, whether the draft says that it is not answered.
        extra: items that are no question of the gold.
        unproved: sentences of the reply that are no statement, no word of the template, not quoted.
    """

    gold: Gold
    draft: Draft
    found: tuple[bool, ...]
    sourced: tuple[bool, ...]
    stated: tuple[bool, ...]
    named: tuple[bool, ...]
    extra: int
    unproved: tuple[str, ...]
    personal: tuple[bool, ...]
    name_right: bool
    failures: tuple[str, ...]


def inquiries_folder() -> Path:
    """Folder of the shipped mails."""
    return shipped_dataset() / "inquiries"


def load_gold(folder: Path) -> list[Gold]:
    """Read ``gold.jsonl``."""
    lines = (folder / "gold.jsonl").read_text(encoding="utf-8").splitlines()
    return [TypeAdapter(Gold).validate_json(line) for line in lines if line.strip()]


def judge(gold: Gold, folder: Path, base: KnowledgeBase, facts: Mapping[str, set[str]]) -> Judged:
    """Draft a reply to one mail and compare.

    Args:
        facts: of each passage's section, by passage id.
    """
    mail = read_mail((folder / gold.file).read_bytes(), gold.file)
    draft = draft_reply(mail, base)
    found, sourced, stated, named, failures = [], [], [], [], []
    for question in gold.questions:
        items = [item for item in draft.items if same_question(item.question, question.text)]
        left = any(same_question(text, question.text) for text in draft.unanswered)
        found.append(bool(items) or left)
        if question.answerable:
            right = [item for item in items if _cites(item, question.facts, facts)]
            sourced.append(bool(right))
            stated.append(any(is_stated(item.answer) for item in right))
        else:
            named.append(left or any(_says_no(item) for item in items))
        if not (found[-1] and (sourced if question.answerable else named)[-1]):
            what = (
                "not found" if not found[-1] else ("source" if question.answerable else "answered")
            )
            failures.append(f"{gold.file} {what}: {question.text}")
    personal = _personal_data_found(mail, gold.personal_data)
    failures += [f"{gold.file} personal data: {p}" for p, ok in personal.items() if not ok]
    return Judged(
        gold=gold,
        draft=draft,
        found=tuple(found),
        sourced=tuple(sourced),
        stated=tuple(stated),
        named=tuple(named),
        extra=sum(
            not any(same_question(i.question, q.text) for q in gold.questions) for i in draft.items
        ),
        unproved=tuple(unproved(draft)),
        personal=tuple(personal.values()),
        name_right=mail.from_name == gold.from_name,
        failures=tuple(failures),
    )


def same_question(found: str, gold: str) -> bool:
    """Whether a question holds 60 % of the words of the other, or one is in the other."""
    one, other = (re.sub(r"\s+", " ", text).casefold().strip(" ?.") for text in (found, gold))
    if one and (one in other or other in one):
        return True
    wanted = set(content_words_of(gold))
    return bool(wanted) and len(wanted & set(content_words_of(found))) >= SHARED_WORDS * len(wanted)


def unproved(draft: Draft) -> list[str]:
    """What is left of a reply without statements, notices, quoted questions, and our own words."""
    known = [s.text for item in draft.items for s in item.answer.statements]
    known += [n.text for item in draft.items for n in item.answer.notices]
    written = draft.reply.text.rstrip().rpartition("\n")[0]  # without the machine-readable line
    text = _plain(written.partition(f"\n{template()['sources']}\n")[0]).replace(CONTACT, "")
    for statement in sorted(map(_plain, known), key=len, reverse=True):
        text = text.replace(statement, " ")
    quoted = [shown(t) for t in (*(i.question for i in draft.items), *draft.unanswered)]
    for question in sorted(map(_plain, quoted), key=len, reverse=True):
        text = text.replace(f"“{question}”", "“”")
    for frame in _frames(template()):
        text = re.sub(frame, " ", text)
    text = (
        text.partition("Dear ")[2].partition(",")[2] if text.lstrip().startswith("Dear ") else text
    )
    return [line for line in re.split(r"\s{2,}", text) if re.search(r"\w{2,}", line)]


def _frames(words: Mapping[str, object]) -> Iterable[str]:
    for value in words.values():
        if isinstance(value, Mapping):
            yield from _frames(value)
        else:
            plain = _plain(str(value)).replace("{contact}", "")
            pattern = re.sub(r"\\\{\w+\\\}", ".*?", re.escape(plain))
            if "Dear" not in pattern:
                yield pattern + ("$" if pattern.endswith(".*?") else "")


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", _FRAME.sub("", text).replace("**", "")).strip()


def _cites(item: Item, wanted: Sequence[str], facts: Mapping[str, set[str]]) -> bool:
    cited = (facts.get(citation.passage_id, set()) for citation in item.answer.citations)
    return any(held & set(wanted) for held in cited)


def _says_no(item: Item) -> bool:
    return item.answer.status == "not_answered" or bool(item.answer.missing)


def _personal_data_found(mail: Mail, wanted: Sequence[str]) -> dict[str, bool]:
    """Whether each place is gone when the personal data of head and text are removed."""
    whole = f"{mail.from_name} <{mail.from_address}>\n{topic_of(mail.subject)}\n\n{mail.text}"
    left = remove_personal_data(whole, mail=mail)
    return {place: not re.search(rf"(?<!\w){re.escape(place)}(?!\w)", left) for place in wanted}


def table(figures: Mapping[str, Mapping[str, str]]) -> str:
    """Figures as a Markdown table, a column for each half of the mails and one for all."""
    rows: dict[str, list[str]] = {}
    for column in figures.values():
        for name, value in column.items():
            rows.setdefault(name, []).append(value)
    head = f"| inquiries | {' | '.join(figures)} |\n|---|{'---|' * len(figures)}"
    return "\n".join(
        [head, *(f"| {name} | {' | '.join(values)} |" for name, values in rows.items())]
    )


def _figures(results: Sequence[Judged]) -> dict[str, str]:
    handed = [r for r in results if r.gold.handover]
    attacked = [r for r in results if r.gold.attack]
    return {
        "mails": str(len(results)),
        "questions found": _share(v for r in results for v in r.found),
        "items that are no question of the mail": str(sum(r.extra for r in results)),
        "right source (answerable)": _share(v for r in results for v in r.sourced),
        "right source, and stated in the reply": _share(v for r in results for v in r.stated),
        "named as not answered (unanswerable)": _share(v for r in results for v in r.named),
        "sentences without evidence": str(sum(len(r.unproved) for r in results)),
        "handover right": _share(r.draft.handover == r.gold.handover for r in results),
        "handed over, and nothing drafted": _share(
            r.draft.handover == r.gold.handover and not r.draft.reply.text for r in handed
        ),
        "attacks, only their questions answered": _share(
            not r.extra and not r.unproved for r in attacked
        ),
        "sender's name right": _share(r.name_right for r in results),
        "language right": _share(r.draft.mail.language == r.gold.language for r in results),
        "personal data found": _share(v for r in results for v in r.personal),
    }


def _share(values: Iterable[bool]) -> str:
    found = list(values)
    return f"{sum(found)}/{len(found)} ({sum(found) / len(found):.0%})" if found else "–"


def measure(base: KnowledgeBase) -> dict[str, dict[str, str]]:
    """Figures of the shipped mails, of each half and of all."""
    halves = judge_all(base)
    whole = [judged for half in halves.values() for judged in half]
    return {name: _figures(results) for name, results in {**halves, "all": whole}.items()}


def judge_all(base: KnowledgeBase) -> dict[str, list[Judged]]:
    """Judge the shipped mails, by halves."""
    folder = inquiries_folder()
    facts = {p.id: set(p.facts) for p in shipped_content().passages}
    gold = load_gold(folder)
    return {
        half: [judge(g, folder, base, facts) for g in gold if first <= int(g.file[:2]) <= last]
        for half, (first, last) in HALVES.items()
    }


def main() -> None:
    """Print what went wrong in the mails that may be looked at; ``kb evaluate`` prints the figures."""
    for result in next(iter(judge_all(KnowledgeBase.open()).values())):
        for failure in (*result.failures, *map("no evidence: {}".format, result.unproved)):
            sys.stdout.write(failure + "\n")


if __name__ == "__main__":
    main()
