"""Mail: the bytes of an .eml, an Outlook .msg or plain text -> a Mail, its parts told apart.

Nothing is fetched and no attachment is opened (trust D4); what a person would not see is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from typing import Any

from kb.answering.question import detect_language
from kb.desk.layers import forwarded_message, split_layers, unquoted
from kb.desk.phrases import AUTO_SUBJECT
from kb.errors import SourceError
from kb.reading.hypertext import visible_text
from kb.reading.visible import visible_lines

MOST_BYTES = 30_000_000
MOST_TEXT = 200_000
MOST_PARTS = 200
MOST_DEPTH = 12
MOST_HEADER = 2_000
MOST_REFERENCES = 50
HIDDEN = "The mail holds text that a person does not see; it was left out."
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_KNOWN_HEADERS = re.compile(
    rb"^(?:from|to|cc|subject|date|sent|message-id|mime-version|received|return-path|delivered-to|reply-to|"
    rb"content-type|x-[\w-]+|arc-[\w-]+|dkim-signature|authentication-results|thread-topic)[ \t]*:",
    re.IGNORECASE,
)
_ANY_HEADER = re.compile(rb"^[!-9;-~]+[ \t]*:|^[ \t]+\S")
_AUTO_PRECEDENCE = frozenset({"bulk", "junk", "auto_reply", "auto-reply"})
_MACHINES = re.compile(
    r"^(?:mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?)(?:[+.-]|@)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Attachment:
    """What a mail carries besides its text; never opened. ``size`` is in bytes, about."""

    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as a person reads it.

    Attributes:
        message_id, references: as in the head, with their brackets.
        received: ISO 8601 in UTC, or "" where no date is given.
        language: ISO 639-1 code of an official EU language, of the sender's text.
        body: the sender's own new text; ``quoted``, ``forwarded`` and ``signature`` stand apart.
        auto_reply: a machine wrote it (RFC 3834); it gets no answer.
        warnings: what the reader should know, as that hidden text was left out.
    """

    subject: str
    from_name: str
    from_address: str
    message_id: str
    references: tuple[str, ...]
    received: str
    language: str
    body: str
    quoted: str = ""
    forwarded: str = ""
    signature: str = ""
    attachments: tuple[Attachment, ...] = ()
    auto_reply: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """All text that stands under the head, as far as it was kept."""
        parts = (self.body, self.signature, self.forwarded, self.quoted)
        return "\n\n".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class _Head:
    subject: str = ""
    sender: str = ""
    message_id: str = ""
    references: str = ""
    received: str = ""
    automatic: bool = False


def read_mail(data: bytes, name: str = "mail") -> Mail:
    """Read a mail.

    Args:
        name: how messages call it.

    Raises:
        SourceError: it is empty, too large, nested too deeply or damaged; names it.
    """
    if not data.strip():
        raise SourceError(f"{name} is empty. Give an e-mail or a text.")
    if len(data) > MOST_BYTES:
        raise SourceError(
            f"{name} has {len(data):,} bytes; at most {MOST_BYTES:,} can be read. "
            "Save it without its attachments."
        )
    if data.startswith(_OLE):
        return _outlook(data, name)
    if _is_message(data):
        return _internet_message(data, name)
    return _mail(_Head(), _decoded(data, ""), (), False, name)


def _is_message(data: bytes) -> bool:
    """Whether it begins with lines of a mail's head, and not with a text."""
    head = data.lstrip(b"\xef\xbb\xbf\r\n")[:20_000].splitlines()
    if head and head[0].startswith(b"From "):
        head = head[1:]
    if not head or not _ANY_HEADER.match(head[0]):
        return False
    for line in head:
        if _KNOWN_HEADERS.match(line):
            return True
        if not _ANY_HEADER.match(line):
            return False
    return False


def _internet_message(data: bytes, name: str) -> Mail:
    if len(re.findall(rb"^content-type:", data, re.IGNORECASE | re.MULTILINE)) > 2 * MOST_PARTS:
        raise _too_nested(name)
    try:
        message = message_from_bytes(data.lstrip(b"\xef\xbb\xbf\r\n"), policy=policy.default)
        parts = list(_parts(message, name))
    except RecursionError:
        raise _too_nested(name) from None
    except SourceError:
        raise
    except Exception as error:  # the parser has known holes for hostile heads
        raise SourceError(f"{name} cannot be read as an e-mail: {error}.") from error
    text, hidden = _text_of(message)
    attachments = tuple(
        Attachment(_file_name(part), _size(part)) for part in parts if _attached(part)
    )
    return _mail(_head(message), text, attachments, hidden, name)


def _parts(message: Message, name: str) -> Iterator[Message]:
    """Parts from the outside in; a mail that is attached is one part, not opened."""
    found = 0
    stack = [(message, 0)]
    while stack:
        part, depth = stack.pop()
        found += 1
        if depth > MOST_DEPTH or found > MOST_PARTS:
            raise _too_nested(name)
        yield part
        inner = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(inner, list):
            stack += [(p, depth + 1) for p in reversed(inner) if isinstance(p, Message)]


def _too_nested(name: str) -> SourceError:
    return SourceError(
        f"{name} has more than {MOST_PARTS} parts, or parts nested more than {MOST_DEPTH} deep. "
        "Save its text alone."
    )


def _attached(part: Message) -> bool:
    main = part.get_content_maintype()
    if main == "multipart":
        return False
    return main != "text" or _is_file(part) or part.get_content_subtype() not in ("plain", "html")


def _is_file(part: Message) -> bool:
    return part.get_content_disposition() == "attachment" or bool(_file_name(part, ""))


def _file_name(part: Message, otherwise: str | None = None) -> str:
    try:
        name = part.get_filename()
    except Exception:  # a malformed head
        name = None
    if otherwise is None:
        otherwise = part.get_content_type()
    return _line(name)[:200] if name else otherwise


def _size(part: Message) -> int:
    """Bytes of a part, reckoned from its length as it stands."""
    payload = part.get_payload()
    if isinstance(payload, list):
        return sum(_size(inner) for inner in payload[:MOST_PARTS] if isinstance(inner, Message))
    text = payload if isinstance(payload, str) else ""
    if str(part.get("Content-Transfer-Encoding", "")).strip().lower() == "base64":
        return len(re.sub(r"[\s=]", "", text)) * 3 // 4
    return len(text)


def _text_of(message: Message) -> tuple[str, bool]:
    """The text of a message, and whether a part of it was hidden."""
    if message.get_content_maintype() != "multipart" or not isinstance(message.get_payload(), list):
        return ("", False) if _attached(message) else _text_of_part(message)
    inner = [part for part in message.get_payload() if isinstance(part, Message)]
    read = [(part, *_text_of(part)) for part in inner if not _is_file(part)]
    read = [(part, text, hidden) for part, text, hidden in read if text.strip()]
    if message.get_content_subtype() == "alternative":
        return _chosen([(part.get_content_type(), text, hidden) for part, text, hidden in read])
    if message.get_content_subtype() == "related":
        read = read[:1]
    return "\n\n".join(text for _, text, _ in read), any(hidden for *_, hidden in read)


def _chosen(read: list[tuple[str, str, bool]]) -> tuple[str, bool]:
    """The plain version where it says as much as the other one; some programs only leave a hint in it."""
    if not read:
        return "", False
    plain = next((r for r in read if r[0] == "text/plain"), read[-1])
    other = next((r for r in reversed(read) if r[0] != "text/plain"), plain)
    chosen = plain if len(plain[1].split()) * 3 >= len(other[1].split()) else other
    return chosen[1:]


def _text_of_part(part: Message) -> tuple[str, bool]:
    try:
        payload = part.get_payload(decode=True)
    except Exception:  # broken transfer encodings
        payload = str(part.get_payload()).encode("utf-8", "surrogateescape")
    data = payload if isinstance(payload, bytes) else b""
    text = _decoded(data, _parameter(part, "charset"))
    if part.get_content_subtype() == "html":
        return visible_text(text)
    if _parameter(part, "format").lower() == "flowed":
        text = _unflowed(text, delete_space=_parameter(part, "delsp").lower() == "yes")
    return text, False


def _parameter(part: Message, name: str) -> str:
    try:
        value = part.get_param(name)
    except Exception:  # a malformed head
        return ""
    return value if isinstance(value, str) else ""


def _decoded(data: bytes, charset: str) -> str:
    """Bytes as text: UTF-8 where they are (also if called otherwise), else as called, else Western."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        charset = "utf-16"
    tried = (
        [charset, "utf-8"]
        if charset.lower().startswith(("utf-16", "utf-32", "iso-2022", "utf-7"))
        else []
    )
    for encoding in [*tried, "utf-8-sig", charset, "cp1252"]:
        try:
            return data.decode(encoding or "utf-8")
        except (UnicodeError, LookupError, ValueError):
            continue
    return data.decode("latin-1")


def _unflowed(text: str, *, delete_space: bool) -> str:
    """Join the lines of RFC 3676 that end in a space."""
    lines: list[str] = []
    open_line = False
    for line in text.replace("\r\n", "\n").split("\n"):
        line = line[1:] if line.startswith(" ") else line
        flows = line.endswith(" ") and line != "-- "
        kept = line[:-1] if flows and delete_space else line
        if open_line and not line.startswith(">"):
            lines[-1] += kept
        else:
            lines.append(kept)
        open_line = flows and not line.startswith(">")
    return "\n".join(lines)


def _head(message: Message) -> _Head:
    sent = _header(message, "Date")
    received = _header(message, "Received").rpartition(";")[2]
    precedence = _header(message, "Precedence").lower()
    submitted = _header(message, "Auto-Submitted").lower()
    return _Head(
        subject=_header(message, "Subject"),
        sender=_header(message, "From") or _header(message, "Sender"),
        message_id=_header(message, "Message-ID"),
        references=f"{_header(message, 'References')} {_header(message, 'In-Reply-To')}",
        received=_iso(received) or _iso(sent),
        automatic=(
            (bool(submitted) and not submitted.startswith("no"))
            or precedence in _AUTO_PRECEDENCE
            or any(_header(message, n) for n in ("X-Autoreply", "X-Autorespond", "X-Autoresponder"))
            or _header(message, "Return-Path").replace(" ", "") == "<>"
            or message.get_content_type() == "multipart/report"
        ),
    )


def _header(message: Message, name: str) -> str:
    """First value of a header as one visible line."""
    try:
        value = message.get(name)
        text = "" if value is None else str(value)
    except Exception:  # the parser has known holes for hostile heads
        raw = next((v for n, v in message.raw_items() if n.lower() == name.lower()), "")
        text = _undecoded(str(raw))
    text = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return _line(text)[:MOST_HEADER]


def _undecoded(raw: str) -> str:
    try:
        return "".join(
            part.decode(charset or "ascii", "replace") if isinstance(part, bytes) else part
            for part, charset in decode_header(raw)
        )
    except Exception:
        return raw


def _iso(text: str) -> str:
    try:
        found = parsedate_to_datetime(text.strip())
        return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC).isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return ""


def _line(text: str) -> str:
    return " ".join(visible_lines(text).split())


def _outlook(data: bytes, name: str) -> Mail:
    """A .msg file: its text is taken as it stands, else from its HTML."""
    try:
        from oxmsg import Message as OutlookMessage

        message = OutlookMessage.load(data)
        headers = {str(k).lower(): str(v) for k, v in message.message_headers.items()}
        html = None if (message.body or "").strip() else message.html_body
        text, hidden = visible_text(html) if html else (message.body or "", False)
        attachments = tuple(
            Attachment(_line(a.file_name or "attachment")[:200], int(a.size or 0))
            for a in list(message.attachments)[:MOST_PARTS]
        )
        sent = message.sent_date
        head = _Head(
            subject=_line(message.subject)[:MOST_HEADER],
            sender=_line(message.sender or "")[:MOST_HEADER],
            message_id=_line(headers.get("message-id", "")),
            references=headers.get("references", ""),
            received=_moment(sent) or _iso(headers.get("date", "")),
            automatic=headers.get("auto-submitted", "no").lower() != "no"
            or "report" in message.message_class.lower(),
        )
    except Exception as error:  # a hostile file can break the reader anywhere
        raise SourceError(
            f"{name} is no readable Outlook message ({type(error).__name__}). "
            "Save it as .eml or as text."
        ) from error
    return _mail(head, text, attachments, hidden, name)


def _moment(moment: Any) -> str:
    if not isinstance(moment, datetime):
        return ""
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC).isoformat(timespec="seconds")


def _mail(
    head: _Head, text: str, attachments: tuple[Attachment, ...], hidden: bool, name: str
) -> Mail:
    if len(text) > MOST_TEXT:
        raise SourceError(
            f"{name} has {len(text):,} characters of text; at most {MOST_TEXT:,} can be read. Shorten it."
        )
    hidden = hidden or _tagged(text)
    text = visible_lines(text.replace("\u00a0", " "))
    from_name, from_address = _sender(head.sender)
    layers = split_layers(text, subject=head.subject, sender=from_name)
    from_name = from_name or _name_in(layers.signature)
    return Mail(
        subject=head.subject,
        from_name=from_name,
        from_address=from_address,
        message_id=head.message_id,
        references=tuple(dict.fromkeys(re.findall(r"<[^<>\s]+>", head.references)))[
            :MOST_REFERENCES
        ],
        received=head.received,
        language=_language(head.subject, layers.body, layers.forwarded),
        body=layers.body,
        quoted=layers.quoted,
        forwarded=layers.forwarded,
        signature=layers.signature,
        attachments=attachments,
        auto_reply=head.automatic
        or bool(AUTO_SUBJECT.match(head.subject) or _MACHINES.match(from_address)),
        warnings=(HIDDEN,) if hidden else (),
    )


def _tagged(text: str) -> bool:
    """Whether characters are in it that only a machine reads (Unicode tags)."""
    return any(0xE0000 <= ord(character) <= 0xE007F for character in text)


def _sender(text: str) -> tuple[str, str]:
    """Name, turned round where it is "Rossi, Maria", and address."""
    try:
        found = getaddresses([text])
    except Exception:
        found = []
    if len(found) == 2 and not found[0][0] and "@" not in found[0][1]:
        found = [(f"{found[1][0]} {found[0][1]}", found[1][1])]  # Rossi, Maria <m@x> without quotes
    name, address = found[0] if found else ("", "")
    name = _line(re.sub(r"\([^)]*\)|\[[^\]]*\]", " ", name)).strip("\"' ")
    if name.count(",") == 1:
        last, first = (part.strip() for part in name.split(","))
        name = f"{first} {last}"
    if "@" in name:
        name = ""
    return name[:120], _line(address)[:320]


def _name_in(signature: str) -> str:
    """A name in the first lines of a signature: two to four words with capitals."""
    for line in [x.strip(" ,") for x in signature.split("\n") if x.strip()][1:4]:
        words = line.split()
        if 2 <= len(words) <= 4 and all(
            re.fullmatch(r"[A-ZÀ-ÖØ-ÞĀ-ŽΑ-ΩА-Я][^\W\d_]*[\w.'’-]*", w) for w in words
        ):
            return line
        if len(words) > 4 or not re.fullmatch(r"[\w.'’-]+", line):
            return ""
    return ""


def _language(subject: str, body: str, forwarded: str) -> str:
    """Of the sender's text; of what is forwarded where the sender says little."""
    if len(body.split()) < 8 and forwarded:
        body = unquoted(forwarded_message(forwarded)[1])
    return detect_language((body if len(body.split()) >= 4 else f"{subject}\n{body}")[:5_000])
