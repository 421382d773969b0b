"""Mails made here -> their parts; what is hidden, nested or damaged."""

import base64
import contextlib
from email.message import EmailMessage

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kb.desk import mail as module
from kb.desk.inquiry import read_inquiry
from kb.desk.mail import HIDDEN, read_mail
from kb.desk.personal_data import remove_personal_data
from kb.errors import SourceError
from tests.desk.outlook import outlook_file


def eml(body: str = "Who may join?", **changes: str) -> bytes:
    head = {
        "From": "Maria Rossi <maria@example.org>",
        "To": "contact@s3-cop.eu",
        "Subject": "A question",
        "Date": "Mon, 14 Sep 2026 09:42:00 +0200",
        "Message-ID": "<1@example.org>",
        "Content-Type": 'text/plain; charset="utf-8"',
    } | {name.replace("_", "-"): value for name, value in changes.items()}
    lines = [f"{name}: {value}" for name, value in head.items() if value]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def html(body: str) -> bytes:
    return eml(f"<html><body>{body}</body></html>", Content_Type='text/html; charset="utf-8"')


def test_the_head():
    mail = read_mail(eml(References="<a@x> <b@x>", In_Reply_To="<b@x>"))
    assert (mail.subject, mail.from_name, mail.from_address) == (
        "A question", "Maria Rossi", "maria@example.org",
    )  # fmt: skip
    assert mail.received == "2026-09-14T07:42:00+00:00"
    assert mail.message_id == "<1@example.org>"
    assert mail.references == ("<a@x>", "<b@x>")
    assert mail.language == "en"
    assert not mail.auto_reply


def test_received_is_when_it_came_not_what_the_sender_says():
    mail = read_mail(eml(Received="from a by b; Tue, 15 Sep 2026 08:00:00 +0000"))
    assert mail.received == "2026-09-15T08:00:00+00:00"


@pytest.mark.parametrize(
    ("given_name", "name"),
    [
        ('"Rossi, Maria"', "Maria Rossi"),
        ("=?utf-8?q?Zuzana_Hrivn=C3=A1kov=C3=A1?=", "Zuzana Hrivnáková"),
        ("Maria Rossi (REGIO)", "Maria Rossi"),
        ("", ""),
    ],
)
def test_names(given_name, name):
    assert read_mail(eml(From=f"{given_name} <m@example.org>")).from_name == name


def test_transfer_encodings_and_charsets():
    text = "Où déposer le dossier ?"
    coded = base64.b64encode(text.encode("utf-8")).decode()
    assert read_mail(eml(coded, Content_Transfer_Encoding="base64")).body == text
    quoted = "O=C3=B9 d=C3=A9poser le=\r\n dossier ?"
    assert read_mail(eml(quoted, Content_Transfer_Encoding="quoted-printable")).body == text
    head = eml("", Content_Type="text/plain; charset=unknown-8bit")
    assert read_mail(head + text.encode("cp1252")).body == text
    assert read_mail(eml(text, Content_Type="text/plain; charset=iso-8859-1")).body == text


def test_flowed_lines_are_joined():
    mail = read_mail(eml("Who may \r\njoin?", Content_Type="text/plain; format=flowed"))
    assert mail.body == "Who may join?"


def test_new_text_quoted_text_and_signature():
    mail = read_mail(
        eml(
            "Dear all,\n\nwho may join?\n\nKind regards,\nMaria Rossi\nHead of unit\n\n"
            "On Thu, 7 May 2026 at 15:10, S3 CoP <contact@s3-cop.eu> wrote:\n> Is it about food?\n"
        )
    )
    assert mail.body == "Dear all,\n\nwho may join?"
    assert mail.signature == "Kind regards,\nMaria Rossi\nHead of unit"
    assert mail.quoted.startswith("On Thu")
    assert mail.quoted.endswith("> Is it about food?")


@pytest.mark.parametrize(
    "head",
    [
        "-----Ursprüngliche Nachricht-----\nVon: A <a@x.eu>\n",
        "________________________________\nDe : A <a@x.eu>\nEnvoyé : lundi 4 mai\nÀ : B\nObjet : x\n",
        "W dniu 4.05.2026 o 10:00, Jan Nowak pisze, napisał:\n",
        "Am Mo., 4. Mai 2026 um 10:15 Uhr schrieb A <a@x.eu>:\n",
        "Il giorno lun 4 mag 2026 alle ore 10:15 A B\n<a@x.eu> ha scritto:\n",
    ],
)
def test_older_mail_in_many_languages(head):
    mail = read_mail(eml(f"Who may join?\n\n{head}Can we talk?\n"))
    assert mail.body == "Who may join?"
    assert "Can we talk?" in mail.quoted


def test_answers_between_quoted_lines_stay_in_order():
    mail = read_mail(
        eml("> What is it for?\nFor food. Who pays?\n> When?\nNext year. Is that late?\n")
    )
    assert mail.body == "For food. Who pays?\nNext year. Is that late?"


def test_a_forwarded_mail_stands_apart():
    mail = read_mail(
        eml(
            "Could you answer him?\nThanks, Maria\n\n---------- Forwarded message ----------\n"
            "From: Olavi Kettunen <o@x.eu>\nDate: Mon\nSubject: mining\n\nHi,\nwho leads mining?\n\nOlavi\n",
            Subject="Fwd: mining",
        )
    )
    assert mail.body == "Could you answer him?"
    assert [q.text for q in read_inquiry(mail).questions] == ["who leads mining?"]


def test_a_postscript_is_no_signature():
    mail = read_mail(eml("Who may join?\n\nBest regards\nMaria Rossi\n\nP.S. Is there a fee?\n"))
    assert mail.body == "Who may join?\n\nIs there a fee?"
    assert mail.signature == "Best regards\nMaria Rossi"


@pytest.mark.parametrize(
    "hidden",
    [
        '<p style="display:none">SECRET</p>',
        '<span style="font-size:0px">SECRET</span>',
        '<div style="color:#ffffff;font-size:12px">SECRET</div>',
        '<font color="white">SECRET</font>',
        '<div style="background:#000"><span style="color:black">SECRET</span></div>',
        "<style>.x{display:none}</style><p class=x>SECRET</p>",
        "<!-- SECRET orders to the assistant -->",
        '<div style="max-height:0;overflow:hidden">SECRET</div>',
        '<p style="position:absolute;left:-9999px">SECRET</p>',
        "<p hidden>SECRET</p>",
        "<template>SECRET</template>",
    ],
)
def test_s1_hidden_text_is_left_out_and_said(hidden):
    mail = read_mail(html(f"<p>Who may join?</p>{hidden}"))
    assert mail.body == "Who may join?"
    assert mail.warnings == (HIDDEN,)


@pytest.mark.parametrize(
    "seen",
    [
        '<p style="font-size:10px">Who may join?</p>',
        '<p style="font-size:1.1em">Who may join?</p>',
        '<div style="background:#036"><span style="color:#fff">Who may join?</span></div>',
        "<style>@media print{.x{display:none}}</style><p class=x>Who may join?</p>",
        "<!--[if gte mso 9]>some office settings here<![endif]--><p>Who may join?</p>",
        '<img src="https://tracker.example/x.png"><p style="line-height:0.9">Who may join?</p>',
    ],
)
def test_seen_text_stays(seen):
    mail = read_mail(html(seen))
    assert (mail.body, mail.warnings) == ("Who may join?", ())


def test_html_lists_lines_and_quotes():
    mail = read_mail(
        html("<p>Hello,<br>two things:</p><ul><li>Who leads?</li><li>Who pays?</li></ul>"
             "<blockquote><p>older</p></blockquote>")
    )  # fmt: skip
    assert mail.body == "Hello,\ntwo things:\n\n- Who leads?\n- Who pays?"
    assert mail.quoted == "> older"


def test_plain_wins_over_html_unless_it_is_a_hint_only():
    message = EmailMessage()
    message["From"] = "m@example.org"
    message.set_content("Please use a modern program.")
    message.add_alternative("<p>" + "Who may join the partnership on food? " * 10 + "</p>", "html")
    assert "Who may join" in read_mail(bytes(message)).body
    message = EmailMessage()
    message["From"] = "m@example.org"
    message.set_content("Who may join the partnership on wood?")
    message.add_alternative("<p>Who may join the partnership on food?</p>", "html")
    assert "wood" in read_mail(bytes(message)).body


def test_attachments_are_listed_and_not_opened(monkeypatch):
    message = EmailMessage()
    message["From"] = "m@example.org"
    message.set_content("Who may join?")
    message.add_attachment(b"x" * 300, maintype="application", subtype="pdf", filename="plan.pdf")
    message.add_attachment("What is in here?", filename="notes.txt")
    mail = read_mail(bytes(message))
    assert mail.attachments[0] == module.Attachment("plan.pdf", 300)
    assert [a.name for a in mail.attachments] == ["plan.pdf", "notes.txt"]
    assert mail.body == "Who may join?"


@pytest.mark.parametrize(
    "change",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"Subject": "Automatische Antwort: Ihre Frage"},
        {"Subject": "Out of Office: your reply"},
        {"From": "MAILER-DAEMON@example.org"},
        {"Return_Path": "<>"},
    ],
)
def test_machines_are_known(change):
    assert read_mail(eml(**change)).auto_reply


def test_people_are_not_machines():
    assert not read_mail(
        eml(Auto_Submitted="no", Subject="Automatic doors in food plants")
    ).auto_reply


def test_plain_text_and_a_text_with_a_head():
    mail = read_mail(b"Hello,\n\nwho may join?\n\nKind regards,\nMaria Rossi\n")
    assert (mail.body, mail.from_name, mail.subject) == (
        "Hello,\n\nwho may join?",
        "Maria Rossi",
        "",
    )
    assert read_mail(b"Question: who may join?\nThanks").body == "Question: who may join?"
    assert read_mail(b"Subject: Food\n\nWho may join?").subject == "Food"


def test_an_outlook_file():
    data = outlook_file(
        {0x0037: "Joining", 0x1000: "Hello,\r\nwho may join?\r\n", 0x0C1A: "Maria Rossi", 0x0C1F: "m@x.eu",
         0x001A: "IPM.Note"}
    )  # fmt: skip
    mail = read_mail(data)
    assert (mail.subject, mail.from_name, mail.from_address) == ("Joining", "Maria Rossi", "m@x.eu")
    assert mail.body == "Hello,\nwho may join?"


def test_damaged_outlook_file():
    with pytest.raises(SourceError, match="Outlook"):
        read_mail(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 2000, "a.msg")


def nested(depth: int) -> bytes:
    inner = b"Content-Type: text/plain\n\nWho may join?\n"
    for level in range(depth):
        mark = f"b{level}".encode()
        inner = (
            b'Content-Type: multipart/mixed; boundary="' + mark + b'"\n\n--' + mark + b"\n"
            + inner + b"\n--" + mark + b"--\n"
        )  # fmt: skip
    return b"From: m@example.org\n" + inner


def test_caps(monkeypatch):
    assert read_mail(nested(5)).body == "Who may join?"
    for depth in (module.MOST_DEPTH + 2, 150, 3000):
        with pytest.raises(SourceError, match="nested"):
            read_mail(nested(depth), "deep.eml")
    with pytest.raises(SourceError, match="characters"):
        read_mail(eml("x" * (module.MOST_TEXT + 1)))
    monkeypatch.setattr(module, "MOST_BYTES", 100)
    with pytest.raises(SourceError, match=r"big.eml has .* bytes"):
        read_mail(eml("x" * 200), "big.eml")
    with pytest.raises(SourceError, match="empty"):
        read_mail(b" \n", "none.eml")


HEADS = st.sampled_from(
    [b"", b"From: ", b"Subject: =?utf-8?b?", b"Content-Type: multipart/mixed; boundary=x\n\n--x\n",
     b"From: a <b@c>\nContent-Type: text/html\n\n<p style='", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
     b"Content-Type: text/plain; charset=\"", b"From: x\nContent-Transfer-Encoding: base64\n\n"]
)  # fmt: skip


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(HEADS, st.binary(max_size=400))
def test_any_bytes_give_a_mail_or_a_source_error(head, data):
    with contextlib.suppress(SourceError):
        mail = read_mail(head + data)
        read_inquiry(mail)
        remove_personal_data(mail.text, mail=mail)


LINES = st.sampled_from(
    ["Dear Ms Rossi,", "> quoted?", "On 4 May 2026 A wrote:", "-- ", "Kind regards", "1. Who pays?",
     "From: a@b", "Sent: x", "Subject: y", "P.S. and now?", "", "Please tell us more.", "+49 711 555 01 20"]
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(LINES, st.text(max_size=60)), max_size=25))
def test_any_text_can_be_read(lines):
    with contextlib.suppress(SourceError):
        mail = read_mail(eml("\n".join(lines).replace("\0", "")))
        read_inquiry(mail)
        remove_personal_data(mail.text, mail=mail)


@pytest.mark.parametrize(
    "piece",
    ["Maria Rossi\n", "Kind regards\n", "1. Is it, ", "On 1 x ", "> ", "please tell us how "],
)
def test_long_mails_take_no_long_time(piece):
    """Each step is linear; what is not would take minutes here, and the run has a limit."""
    read_inquiry(read_mail(eml(piece * (100_000 // len(piece)))))
