"""Outgoing: a Reply -> a message that a mail program opens as a draft. Nothing here sends anything."""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from html import escape

from kb.answering.replies import CONTACT
from kb.desk.letter import Reply, greeting, subject_of, words
from kb.desk.mail import Mail


def reply_message(reply: Reply, mail: Mail) -> bytes:
    """The reply as an ``.eml`` file in the thread of a mail (RFC 5322, 3.6.4)."""
    message = EmailMessage(policy=SMTP)
    message["Subject"] = reply.subject
    message["From"] = CONTACT
    if mail.from_address:
        message["To"] = mail.from_address
    if mail.message_id:
        message["In-Reply-To"] = mail.message_id
        message["References"] = " ".join([*mail.references, mail.message_id])
    message["X-Unsent"] = "1"  # Outlook opens it for editing
    message.set_content(reply.text)
    message.add_alternative(
        f"<!doctype html><html><head><title>{escape(reply.subject)}</title></head>"
        f"<body>{reply.html}</body></html>",
        subtype="html",
    )
    return message.as_bytes()


def holding_reply(mail: Mail, received: datetime) -> Reply:
    """A reply that says that the answer takes longer."""
    day = f"{received.day} {received:%B %Y}"
    paragraphs = [
        greeting(mail),
        words("holding").format(received=day).strip(),
        words("sign_off").format(contact=CONTACT).strip(),
    ]
    html = "".join(f"<p>{escape(text).replace(chr(10), '<br>')}</p>" for text in paragraphs)
    subject = subject_of(mail) if mail.subject else words("holding_subject")
    return Reply(subject, "\n\n".join(paragraphs) + "\n", f'<div lang="en">{html}</div>')
