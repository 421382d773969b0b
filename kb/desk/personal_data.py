"""Personal data: a mail or any text -> the places that tell who someone is, and the text without them.

Found by what the mail itself gives (head, greeting, signature, heads of older mails) and by patterns;
a name that stands in running text alone, without a title, is not found.
"""

# ruff: noqa: E501  patterns read best with long lines

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from kb.answering.replies import CONTACT
from kb.desk.mail import Mail
from kb.desk.phrases import ATTRIBUTION, CLOSING, HEADER_LINE, THANKS_CLOSING, WROTE

Kind = Literal["email", "iban", "card", "id_number", "phone", "address", "name"]
# Where two places have the same length, the kind that comes first is kept.
_KINDS: tuple[Kind, ...] = get_args(Kind)
_EMAIL = re.compile(
    r"(?<![\w.+-])[\w.!#$%&'*+/=?^`{|}~-]{1,64}(?:@| ?[(\[](?:at|@)[)\]] ?)[\w-]+(?:(?:\.| ?[(\[]dot[)\]] ?)[\w-]+)+",
    re.IGNORECASE,
)
_INTERNATIONAL = re.compile(r"(?<![\w+])(?:\+|00)[1-9]\d{0,2}(?:[ ./()-]{0,3}\d){6,13}(?!\d)")
_LABELLED_PHONE = re.compile(
    r"\b(?:tel(?:e[fp]h?on\w*)?|tlf|phone|mob(?:ile|il)?|cell|fax|gsm|puh|handy|portable|móvil|telemóvel|τηλ|тел|t|m|p)\b"
    r"[.:/ ]{1,4}(\(?\d[\d ()./-]{5,18}\d)",
    re.IGNORECASE,
)
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}\b")
_CARD = re.compile(r"(?<![\d.-])\d(?:[ -]?\d){12,18}(?![\d-])")
_ID_LABEL = re.compile(
    r"\b(?:passport|id(?:entity)?(?: card)?|national id|personal(?: identification)? (?:number|code)|tax (?:id|number)|social security|"
    r"personalausweis\w*|reisepass\w*|steuer-?id\w*|ausweis\w*|passeport|carte d'identité|sécurité sociale|dni|nie|nif|"
    r"codice fiscale|carta d'identità|passaporto|pesel|dowód\w*|rodné číslo|bsn|cnp|egn|егн|oib|emšo|cpr|personnummer|hetu|"
    r"henkilötunnus|asmens kodas|isikukood|personas kods|αφμ|αμκα|pps(?:n)?)\b"
    r"(?: ?(?:card|no|nr|number|nummer|n°|code|numer|číslo)\b)?[.:# ]{1,4}([A-Z]{0,3}[ -]?\d[\dA-Z ./-]{3,17}[\dA-Z])",
    re.IGNORECASE,
)
_ID_SHAPES = re.compile(
    r"\b(?:[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]"  # Italy
    r"|\d{8}[ -]?[A-HJ-NP-TV-Z]|[XYZ]\d{7}[A-Z]"  # Spain
    r"|\d{6}[-+A]\d{3}[0-9A-FHJ-NPR-Y]"  # Finland
    r"|[12] ?\d{2} ?(?:0[1-9]|1[0-2]) ?\d{2} ?\d{3} ?\d{3} ?\d{2}"  # France
    r"|\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}"  # Belgium
    r"|\d{6}/\d{4}"  # Czechia, Slovakia
    r"|(?:\d{2}){1,2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])-\d{4}|(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d{2}-\d{4}"  # Sweden, Denmark
    r")\b"
)  # fmt: skip
_PESEL = re.compile(r"(?<!\d)\d{11}(?!\d)")
_STREET = (
    r"(?:street|st\.|road|rd\.|avenue|ave\.?|lane|square|drive|quay|house|room|floor|building|box|"
    r"\w*stra(?:ß|ss)e|\w*str\.|\w*gasse|\w*weg|\w*platz|\w*allee|rue|avenue|boulevard|bd|place|quai|chemin|impasse|"
    r"via|viale|piazza|corso|largo|calle|c/|avda\.?|plaza|paseo|polígono|carrer|rua|praça|travessa|\w*straat|\w*laan|\w*plein|\w*gracht|"
    r"ul\.|ulica|al\.|aleja|os\.|pl\.|náměstí|námestie|třída|trg|cesta|utca|út|tér|strada|str\.|bulevardul|calea|"
    r"ул\.|бул\.|οδός|λεωφόρος|odos|leoforos|\w*gatan|\w*vägen|\w*vej|\w*gade|\w*katu|\w*tie|\w*kuja|g\.|pr\.|iela|tänav|mnt|triq)"
)
_POSTCODE = r"(?:\b[A-Z]{1,3}-? ?\d{3,6}\b|\b\d{4,6}\b|\b\d{3} \d{2}\b|\b\d{2}-\d{3}\b|\b\d{4}-\d{3}\b|\b\d{4} ?[A-Z]{2}\b|\b[A-Z]\d{2} ?[A-Z0-9]{4}\b)"
_HAS_POSTCODE = re.compile(_POSTCODE)
_HAS_STREET = re.compile(rf"(?<!\w){_STREET}(?!\w)", re.IGNORECASE)
_HOUSE_NUMBER = re.compile(
    r"[^\W\d_]\.? (?:nr\.? ?)?\d{1,4} ?[a-zA-Z]?\b|\b\d{1,4}(?: ?(?:bis|ter|[a-z]))?,? [^\W\d_]{3,}"
)
_TITLED = re.compile(
    r"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Herrn?|Frau|Monsieur|Madame|Mme|M\.|Sig(?:\.ra|\.|nora|nor)?|Dott(?:\.ssa|\.)?|"
    r"Sr(?:a)?|Señor(?:a)?|Don|Doña|Senhor(?:a)?|Dhr|Mevr(?:ouw)?|Pan(?:i|a|u)?|Ing|Mgr|Dl|Dna|Domn(?:ul)?|Doamn[aă]|κ\.|г-н|г-жа)\b\.?(?: (?:Dr|Prof|Ing|Mag)\.?)*"
    r"((?: (?:(?:van|von|de|der|den|da|di|del|della|dos|du|la|le|ter|ten|zu) )*[A-ZÀ-ÖØ-ÞĀ-ŽΆ-ΏΑ-ΩА-Я][\w'’-]+){1,3})"
)
_INTRODUCED = re.compile(
    r"\b(?i:my name is|i am|this is|mein name ist|ich bin|ich heiße|je m'appelle|je suis|me llamo|mi nombre es|soy|mi chiamo|sono|"
    r"chamo-me|o meu nome é|mijn naam is|ik ben|nazywam się|jmenuji se|volám sa|mă numesc|mitt namn är|jag heter|jeg hedder|nimeni on|"
    r"казвам се|ονομάζομαι|zovem se|moje ime je|a nevem|"
    r"(?:colleagues?|director|president|mayor|coordinator|manager|assistant|secretary|professor|successor|predecessor|boss|councillor|"
    r"kolleg(?:e|in|en)|collègue|colega|collega|koleg\w*|contact person|ansprechpartner(?:in)?)(?: is| was|,)?)"
    r" ([A-ZÀ-ÖØ-ÞĀ-ŽΆ-ΏΑ-ΩА-Я][\w'’-]+(?: (?:(?:van|von|de|der|den|da|di) )*[A-ZÀ-ÖØ-ÞĀ-ŽΆ-ΏΑ-ΩА-Я][\w'’-]+){1,2})"
)
_GREETED = re.compile(
    r"^\W*(?i:dear|hello|hi|hey|liebe[rs]?|hallo|cher|chère|bonjour|hola|estimad[oa]|querid[oa]|car[oa]|gentile|ciao|beste|"
    r"geachte|hej|bästa|kære|hei|drog[ia]|milá|milý|ahoj|dragă|kedves|tere|labas|sveik[ia]?|αγαπητ\w+|драг[иа])"
    r"((?: [A-ZÀ-ÖØ-ÞĀ-ŽΆ-ΏΑ-ΩА-Я][\w'’-]+){1,3})\s*[,!.:–-]?\s*$",
    re.MULTILINE,
)
_NO_NAME = frozenset(
    """
    all sir madam madame monsieur mesdames messieurs team colleague colleagues secretariat everyone both
    january february march april may june july august september october november december januar februar
    märz mai juni juli oktober dezember monday tuesday wednesday thursday friday saturday sunday mon tue
    wed thu fri sat sun montag dienstag mittwoch donnerstag freitag samstag sonntag
    there cop s3 participants participant friends commission office support contact the or and damen herren
    señores señora señor signore signora sirs
    """.split()
)
_CAPITAL_WORDS = r"[A-ZÀ-ÖØ-ÞĀ-ŽΆ-ΏΑ-ΩА-Я][\w'’.-]+(?: (?:(?:van|von|de|der|den|da|di) )*[A-ZÀ-ÖØ-ÞĀ-ŽΆ-ΏΑ-ΩА-Я][\w'’-]+){0,3}"
_WRITER = re.compile(
    rf"({_CAPITAL_WORDS})(?=\"? ?(?:[<(\[]|{WROTE}))|\b(?:{WROTE}) \"?({_CAPITAL_WORDS})"
)
_PARTICLES = frozenset(
    "van von de der den da di del della dos du la le ter ten zu mr mrs ms dr prof".split()
)
_REGIONS = {
    "bg": "BG", "cs": "CZ", "da": "DK", "de": "DE", "el": "GR", "en": "IE", "es": "ES", "et": "EE", "fi": "FI",
    "fr": "FR", "ga": "IE", "hr": "HR", "hu": "HU", "it": "IT", "lt": "LT", "lv": "LV", "mt": "MT", "nl": "NL",
    "pl": "PL", "pt": "PT", "ro": "RO", "sk": "SK", "sl": "SI", "sv": "SE",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a text, ``text[start:end]``, that holds personal data."""

    start: int
    end: int
    kind: Kind


def find_personal_data(text: str, *, mail: Mail | None = None, language: str = "") -> list[Place]:
    """Find personal data, in reading order; places do not overlap.

    Args:
        mail: where the text comes from; its people are looked for too.
        language: of the text, to know the shape of phone numbers.
    """
    names = names_of(mail) if mail else ()
    language = language or (mail.language if mail else "")
    found = [*_patterns(text, language), *_names(text, [*names, *_names_in(text)])]
    return _without_overlaps(found)


def remove_personal_data(text: str, *, mail: Mail | None = None, language: str = "") -> str:
    """The text with each place replaced by its kind, as [name]."""
    for place in reversed(find_personal_data(text, mail=mail, language=language)):
        text = f"{text[: place.start]}[{place.kind.replace('_', ' ')}]{text[place.end :]}"
    return text


def names_of(mail: Mail) -> tuple[str, ...]:
    """Names of the people that a mail gives: sender, greeting, signature, older mails."""
    found = [mail.from_name]
    signed = [line.strip(" ,>") for line in mail.signature.split("\n") if line.strip(" ,>-")]
    if signed and _is_closing(signed[0]):
        inline = re.fullmatch(r"[^,]{3,30}, *(\S+(?: \S+){0,2})", signed[0])
        signed = [inline[1]] if inline else signed[1:]
    if signed and _looks_like_a_name(signed[0]):
        found.append(signed[0])
    found += _names_in(mail.text)
    return tuple(dict.fromkeys(name for name in found if name))


def _names_in(text: str) -> list[str]:
    """Names that titles, greetings and heads of older mails give."""
    found = [m[1].strip() for m in _TITLED.finditer(text)]
    found += [m[1].strip() for m in _GREETED.finditer(text)]
    found += [m[1].strip() for m in _INTRODUCED.finditer(text)]
    for line in text.split("\n"):
        plain = re.sub(r"^[> ]+", "", line)
        head = HEADER_LINE.match(plain)
        if head and re.search(r"<[^>]+@|@", plain):
            found += re.findall(
                r"([^<>\",;:@\d]{3,60}?)\"?\s*[<\[(][^<>]*@", plain.partition(":")[2]
            )
        if ATTRIBUTION.match(plain):
            found += [m[1] or m[2] for m in _WRITER.finditer(plain)]
    found += re.findall(
        r"([A-ZÀ-ÖØ-ÞĀ-Ž][\w'’-]+(?: [A-ZÀ-ÖØ-ÞĀ-Ž][\w'’-]+){1,3})\"? ?<[^<>\s]+@[^<>\s]+>", text
    )
    return [name for name in (re.sub(r"\([^)]*\)", "", n).strip(" ,.\"'") for n in found) if name]


def _looks_like_a_name(line: str) -> bool:
    words = line.strip(" ,.").split()
    if not 1 <= len(words) <= 4 or re.search(r"[\d@:/]", line):
        return False
    return all(w[:1].isupper() or w.casefold() in _PARTICLES for w in words)


def _is_closing(line: str) -> bool:
    return bool(CLOSING.match(line) or THANKS_CLOSING.match(line))


def _patterns(text: str, language: str) -> Iterator[Place]:
    for m in _EMAIL.finditer(text):
        if m[0].rstrip(".").casefold() != CONTACT:
            yield Place(m.start(), m.end(), "email")
    for m in _IBAN.finditer(text):
        if _is_iban(m[0]):
            yield Place(m.start(), m.end(), "iban")
    for m in _CARD.finditer(text):
        if _luhn(m[0]):
            yield Place(m.start(), m.end(), "card")
    for m in _ID_LABEL.finditer(text):
        yield Place(m.start(1), m.end(1), "id_number")
    for m in _ID_SHAPES.finditer(text):
        yield Place(m.start(), m.end(), "id_number")
    for m in _PESEL.finditer(text):
        if _is_pesel(m[0]):
            yield Place(m.start(), m.end(), "id_number")
    yield from _phones(text, language)
    yield from _addresses(text)


def _phones(text: str, language: str) -> Iterator[Place]:
    for m in _INTERNATIONAL.finditer(text):
        yield Place(m.start(), m.end(), "phone")
    for m in _LABELLED_PHONE.finditer(text):
        yield Place(m.start(1), m.end(1), "phone")
    from phonenumbers import Leniency, PhoneNumberMatcher

    region = _REGIONS.get(language)
    for match in PhoneNumberMatcher(text, region, leniency=Leniency.VALID, max_tries=1_000):
        yield Place(match.start, match.end, "phone")


def _addresses(text: str) -> Iterator[Place]:
    """Lines with a house number or street and a postal code, or two lines that share these."""
    offset = 0
    lines = text.split("\n")
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        label = re.match(r"^[>\s]*(?:[^\W\d_]{2,12}: )?", line)
        begin = offset + (label.end() if label else 0)
        if len(line) <= 160 and "@" not in line and _is_address(line):
            yield Place(begin, offset + len(line.rstrip(" .")), "address")
        elif _on_two_lines(line, after):
            yield Place(begin, offset + len(line) + 1 + len(after.rstrip()), "address")
        else:
            yield from _within_a_line(line, offset)
        offset += len(line) + 1


def _on_two_lines(line: str, after: str) -> bool:
    """Whether a street stands in a short line and the postal code begins the next one."""
    plain = after.strip("> ,")
    code = _HAS_POSTCODE.match(plain)
    return bool(
        3 < len(line.strip("> ")) <= 60
        and len(plain) <= 60
        and code
        and re.search(r"[A-ZÀ-ÖØ-ÞĀ-ŽΆ-ΏΑ-ΩА-Я][^\W\d_]{2,}", plain[code.end() :])
        and _HOUSE_NUMBER.search(line)
        and not line.rstrip().endswith((".", "?", ":"))
    )


def _within_a_line(line: str, offset: int) -> Iterator[Place]:
    """Addresses in running text: two or three pieces between commas, the last with the postal code."""
    pieces = [m for m in re.finditer(r"[^,;]+", line) if m[0].strip()]
    for number, last in enumerate(pieces):
        end = re.search(r"[.?!](?:\s|$)|$", last[0])
        if number == 0 or len(last[0]) > 200 or end is None or not _HAS_POSTCODE.search(last[0]):
            continue
        for first in (pieces[number - 1], pieces[max(0, number - 2)]):
            begin = first.start() + _running_text(first[0])
            text = line[begin : last.start() + end.start()]
            if len(text) <= 120 and _is_address(text):
                yield Place(offset + begin, offset + begin + len(text), "address")
                break


def _running_text(piece: str) -> int:
    """Length of what stands before an address in its first piece, as "we sit at"."""
    words = re.search(r"(?:\S+ ){0,3}\S+$", piece[-60:])
    start = len(piece) - len(words[0]) if words else 0
    intro = re.match(
        r".*\b(?:at|is|in|address|adresse|an|to|à|en|visit|am|bei)\b[: ]+(?=[A-ZÀ-Ž\d])",
        piece[-60:],
    )
    if intro:
        return max(0, len(piece) - 60) + intro.end()
    return start if len(piece.split()) > 6 else len(piece) - len(piece.lstrip())


def _is_address(line: str) -> bool:
    if not _HAS_POSTCODE.search(line) or line.rstrip().endswith("?"):
        return False
    if len(re.findall(r"\b[a-zà-ž]{2,}\b", line)) > 8:
        return False
    street, number = _HAS_STREET.search(line), _HOUSE_NUMBER.search(line)
    plain = re.sub(r"(?<=\w )(?:19|20)\d\d\b", "", line)  # a year is no postal code
    place_name = re.search(r"[A-ZÀ-ÖØ-ÞĀ-ŽΆ-ΏΑ-ΩА-Я][^\W\d_]{2,}", line)
    return bool(_HAS_POSTCODE.search(plain) and place_name and number and (street or "," in line))


def _names(text: str, names: Iterable[str]) -> Iterator[Place]:
    """Whole names, and each of their parts as a word with a capital."""
    wanted: set[str] = set()
    for name in names:
        words = [w.strip(".,") for w in name.split()]
        words = [w for w in words if w.casefold() not in _NO_NAME]
        if not words or len(words) > 6:
            continue
        wanted.add(" ".join(words))
        wanted |= {
            w for w in words if len(w) >= 3 and w[:1].isupper() and w.casefold() not in _PARTICLES
        }
    for name in sorted(wanted, key=len, reverse=True):
        if len(name) < 3 or not name[:1].isupper():
            continue
        pattern = r"\s+".join(map(re.escape, name.split()))
        for m in re.finditer(rf"(?<!\w){pattern}(?:['’]s)?(?!\w)", text):
            yield Place(m.start(), m.end(), "name")


def _without_overlaps(found: Sequence[Place]) -> list[Place]:
    """Longer places before shorter ones, surer kinds first among equals; then in reading order."""
    starts: list[int] = []
    kept: list[Place] = []  # in reading order, as ``starts``
    for place in sorted(found, key=lambda p: (p.start - p.end, _KINDS.index(p.kind), p.start)):
        at = bisect_left(starts, place.start)
        free_before = at == 0 or kept[at - 1].end <= place.start
        if free_before and (at == len(kept) or place.end <= kept[at].start):
            starts.insert(at, place.start)
            kept.insert(at, place)
    return kept


def _is_iban(text: str) -> bool:
    """ISO 13616: the number read with its first four characters last is 1 modulo 97."""
    plain = text.replace(" ", "")
    digits = "".join(str(int(c, 36)) for c in plain[4:] + plain[:4])
    return 15 <= len(plain) <= 34 and int(digits) % 97 == 1


def _luhn(text: str) -> bool:
    """ISO/IEC 7812: every second digit from the right doubled, the sum a multiple of ten."""
    digits = [int(c) for c in re.sub(r"\D", "", text)][::-1]
    doubled = [sum(divmod(2 * d, 10)) for d in digits[1::2]]
    return len(set(digits)) > 1 and (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _is_pesel(text: str) -> bool:
    """Poland: weights 1 3 7 9, the last digit makes the sum a multiple of ten."""
    weights = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)
    return sum(w * int(c) for w, c in zip(weights, text, strict=True)) % 10 == 0
