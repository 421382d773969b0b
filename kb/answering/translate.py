"""Translate: checked English claims -> the same claims in the language of the question, checked again.

A translation must keep every figure, date, name and negation; a sentence whose translation does not
stays English. The checked English sentence is kept beside each translation. Where a check cannot tell,
the sentence stays English too.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from functools import cache

from babel import Locale
from babel.dates import get_month_names

from kb.answering import claims
from kb.answering.cite import Claim
from kb.answering.claims import fold
from kb.answering.generate import Generator
from kb.index.lexical import ordinary_words

# Words that negate, by language, as a pattern over folded text; with their look-alikes left out, as
# Czech "nebo" (or), Polish "niebieska" (blue), Lithuanian "nes" (because), Greek "κανόνες" (rules).
_NEGATING = {
    "bg": r"\bне\b|\bняма\w*|\bнито\b|\bбез\b|\bникога\b|\bникои\b|\bникак\w*|\bнищо\b",
    "cs": r"\bne(?!bo\b|boli\b|z\b|j|co\b|ci\b|k(?:do|ter|oli?k|am|d[ey]|d|aj)|mec|del[ei]|davn|zavis"
    r"|zisk)\w+|\bne\b|\bnej(?:sou|sem|sme|ste|en|de|edn\w+)\b|\bbez\b|\bzadn\w+|\bnikdy\b|\bnikdo\b"
    r"|\bani\b|\bnic\b",
    "da": r"\bikke\b|\bing(?:en|et|enting)\b|\bintet\b|\baldrig\b|\buden\b(?! for\b)|\bhverken\b",
    "de": r"\bnicht\b|\bkein\w*\b|\bnie\b|\bniemals\b|\bohne\b|\bweder\b|\bniemand\w*|\bnichts\b"
    r"|\bnirgend\w*",
    "el": r"\bδεν\b|\bμην?\b|\bχωρις\b|\bκανεν\w+|\bκαμια\w*|\bκανεις\b|\bποτε\b|\bουτε\b|\bτιποτα\b"
    r"|\bοχι\b",
    "es": r"\bno\b|\bsin\b|\bnunca\b|\bningun\w*\b|\bni\b|\bnadie\b|\bnada\b|\bjamas\b|\btampoco\b",
    "et": r"\bei\b|\bmitte\b|\bilma\b|\bpole\b|\bega\b|\bara\b|\w{3,}mata\b",
    "fi": r"\be[nit]\b|\bemme\b|\bette\b|\beivat\w*|\beika\b|\bellei\w*|\bilman\b|\bkoskaan\b"
    r"|\b\w+(?<!huoli)matta\b",
    "fr": r"\bne\b|\bn'|\bpas\b|\bsans\b|\bjamais\b|\baucun\w*\b|\bni\b|\bnon\b|\brien\b",
    "ga": r"\bni\b|\bnil\b|\bnach\b|\bgan\b|\bnior\b|\briamh\b|\bnar\b",
    "hr": r"\bne\b|\bni\b|\bnij(?:e|es\w+)\b|\bnis(?:u|am|mo|te|i|ta)\b|\bbez\b|\bnema\w*\b"
    r"|\bnikad\w*|\bnijed\w+|\bnitko\b|\bnec(?:e\w*|u)\b|\bniti\b",
    "hu": r"\bnem(?:csak)?\b|\bne\b|\bnelkul\b|\bnincs\w*\b|\bsem\b|\bsoha\b|\bsenki\w*|\bsemmi\w*\b",
    "it": r"\bnon\b|\bsenza\b|\bmai\b|\bnessun\w*\b|\bniente\b|\bnulla\b|\bneppure\b|\bneanche\b",
    "lt": r"\bne(?!s\b|t\b|i\b|bent|sen|didel|priklaus|vyriaus|mokam|maz|truk|formal|paisan)\w+"
    r"|\bbe\b(?! to\b)|\bjok\w+|\bniekad\w*|\bniek(?:as|o|am)\b",
    "lv": r"\bne(?!del|sen|to\b|atkar|valst|liel|skat|kust|formal)\w*|\bnav\b|\bbez\b",
    "mt": r"\bma\b(?!')|\bm'|\bmhu\w+|\bmhi\w*x\b|\bming[hħ]ajr\b|\bqatt\b|\bebda\b|\bxejn\b"
    r"|\blanqas\b",
    "nl": r"\bniet\b|\bgeen\b|\bnooit\b|\bzonder\b|\bnoch\b|\bniemand\b|\bniets\b|\bnergens\b",
    "pl": r"\bnie\b|\bbez\b|\bnigdy\b|\bzad(?:en|n[aey]\w*)\b|\bani\b|\bnikt\w*|\bnic\b|\bnikogo\b",
    "pt": r"\bnao\b|\bsem\b|\bnunca\b|\bnenhum\w*\b|\bnem\b|\bninguem\b|\bnada\b|\btampouco\b",
    "ro": r"\bnu\b|\bn-|\bfara\b|\bniciodata\b|\bnici\w*\b|\bnimeni\b|\bnimic\b",
    "sk": r"\bne(?!jak|mec|del|davn|zavis|zisk|ch\b|skor)\w+|\bnie\b|\bbez\b|\bziadn\w+|\bnikdy\b"
    r"|\bani\b|\bnikto\b|\bnic\b",
    "sl": r"\bne\b|\bni\b|\bnis\w+|\bnim[ao]\w*|\bnoben\w*|\bnikoli\b|\bnihce\b|\bnic\b|\bbrez\b"
    r"|\bnoce\w*",
    "sv": r"\binte\b|\binget\b|\bingen\b|\binga\b|\baldrig\b|\butan\b|\bvarken\b|\bej\b|\bicke\b",
}
# English words that deny by halves; other languages may say it with or without a negation.
_HALF_NEGATING = re.compile(
    r"\b(?:instead|rather|except|hardly|scarcely|seldom|rarely|unable|nowhere|few|little)\b", re.I
)
# Two to twelve, folded; forms of one number between slashes, "-" where any ending may follow.
_NUMBERS = {
    "bg": "два/две/двама/двата/двете три- четири- пет/петте/петима шест- седем- осем- девет- десет-"
    " единадесет- дванадесет-",
    "cs": "dva/dve/dvou/dvema/oba/obe tri/trech/trem- ctyr- pet/peti sest- sedm- osm- devet/deviti"
    " deset/deseti jedenact- dvanact-",
    "da": "to/begge tre fire fem seks syv otte ni ti elleve tolv",
    "de": "zwei/zweier/zweien/beide- drei/dreier/dreien vier funf sechs sieben acht neun zehn elf zwolf",
    "el": "δυο/δυω τρια/τρεις/τριων τεσσερ- πεντε εξι επτα/εφτα οκτω/οχτω εννεα/εννια δεκα ενδεκα/εντεκα"
    " δωδεκα",
    "es": "dos/ambos/ambas tres cuatro cinco seis siete ocho nueve diez once doce",
    "et": "kaks/kahe/kahel/kahest/kahele/kahes kolm- neli/nelja- viis/viie- kuus/kuue- seitse- kaheksa-"
    " uheksa- kumme/kumne- uksteist/uheteist- kaksteist/kaheteist-",
    "fi": "kaksi/kahden/kahta/kahteen/kahdessa/kahdella/kahdelta/kahdelle/kahdesta kolme- nelja-"
    " viisi/viide-/viitta kuusi/kuude-/kuutta seitsem- kahdeksa- yhdeksa- kymmen- yksitoista/yhdentoista"
    " kaksitoista/kahdentoista",
    "fr": "deux trois quatre cinq six sept huit neuf dix onze douze",
    "ga": "dha/do/beirt tri/triur ceithre/ceathair/ceathrar cuig- se/seisear seacht- ocht- naoi- deich-"
    " haon dha",
    "hr": "dva/dvije/dvoj-/dviju/dvama/oba/obje tri/triju/trima/troj- cetiri/cetir- pet sest sedam osam devet"
    " deset jedanaest dvanaest",
    "hu": "ket/ketto- harom- negy- ot/otot hat/hatot het/hetet nyolc- kilenc- tiz/tizet tizenegy-"
    " tizenket-",
    "it": "due/entramb- tre quattro cinque sei sette otto nove dieci undici dodici",
    "lt": "du/dvi/dviej-/dviem tri-/trys ketur- penk- ses- septyn- astuon- devyn- desimt- vienuolik- dvylik-",
    "lv": "div-/abi/abas tri- cetr- piec- ses- septin- aston- devin- desmit- vienpadsmit- divpadsmit-",
    "mt": "zewg/tnejn tliet/tlieta erba/erbgħa ħames/ħamsa sitt/sitta seba/sebgħa tmien/tmienja"
    " disa/disgħa għaxar/għaxra ħdax tnax",
    "nl": "twee/beide drie vier vijf zes zeven acht negen tien elf twaalf",
    "pl": "dwa/dwie/dwoch/dwom/dwu/dwoma/oba/obie trzy/trzech/trzem- czter- piec/pieciu szesc- siedem/siedmiu"
    " osiem/osmiu dziewiec- dziesiec- jedenast- dwanast-/dwunastu",
    "pt": "dois/duas/ambos/ambas tres quatro cinco seis sete oito nove dez onze doze",
    "ro": "doi/doua/ambele/ambii trei patru cinci sase sapte opt noua zece unsprezece"
    " doisprezece/douasprezece",
    "sk": "dva/dve/dvoch/dvom-/dvaja/oba/obe tri/troch/trom-/traja styr- pat/piat- sest/siest- sedem/siedm-"
    " osem/osm- devat/deviat- desat/desiat- jedenast- dvanast-",
    "sl": "dva/dve/dveh/dvema/oba/obe tri/treh/trem-/trije stir- pet/petih/petim- sest/sestih/sestim-"
    " sedem/sedm- osem/osm- devet- deset- enajst- dvanajst-",
    "sv": "tva/bada tre fyra fem sex sju atta nio tio elva tolv",
}
_ENGLISH_NUMBERS = "two three four five six seven eight nine ten eleven twelve".split()
_MILLION = (
    r"\b(?:mh?il(?:l|j|ij)?i?(?:on|oon|oen|un|o|oane)\w*|milh(?:ao|oes)|mln|mio|mill|mn|mil(?=\.)"
    r"|милион\w*|млн|εκατομμυρι\w*|εκατ)\b"
)
_BILLION = (
    r"\b(?:mh?il(?:l|j|ij)?i?ard\w*|bh?illiun\w*|biljun\w*|mil millones|mil milhoes|ml?rd|mld|md|mia(?=\.)"
    r"|милиард\w*|млрд|δισεκατομμυρι\w*|δισ)\b"
)
# What the European Union and the euro are called elsewhere.
_UNION = {
    **dict.fromkeys("es fr it mt pl pt ro".split(), "ue"),
    **{"bg": "ес", "el": "εε", "et": "el", "ga": "ae|tae", "lt": "es", "lv": "es"},
}
_EURO = re.compile(r"€|\b(?:eur\w*|ewro|ευρω|евро)\b")
ALIKE = 0.6
_MARKUP = re.compile(r"[<>\[\]`*_#|{}\\]|https?:|www\.")
_ADDRESS = re.compile(r"[\w.+-]+@[\w.-]+|\b[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}(?:/\S*)?\b", re.I)


def translate_claims(
    found: Sequence[Claim],
    language: str,
    generator: Generator,
    deadline: float,
    ordinary: Collection[str] = (),
) -> list[Claim]:
    """Translate claims; those whose translation is not faithful stay as they are.

    Args:
        ordinary: words that the corpus writes in lower case; those of the cited passages are added.

    Raises:
        GenerationError: the model gave nothing usable.
    """
    texts = generator.translate([claim.text for claim in found], language, deadline)
    passages = {quote.passage.text for claim in found for quote in claim.quotes}
    ordinary = ordinary_words(passages) | frozenset(ordinary)
    return [
        replace(claim, text=text, original=claim.text)
        if keeps(claim.text, text, language, ordinary)
        else claim
        for claim, text in zip(found, (" ".join(t.split()) for t in texts), strict=True)
    ]


def keeps(english: str, translated: str, language: str, ordinary: Collection[str] = ()) -> bool:
    """Whether a translation keeps every figure, date, name and negation of a sentence.

    Args:
        language: ISO 639-1 code of an official EU language.
        ordinary: words that are no names though they may begin the sentence.
    """
    return (
        language in _NEGATING
        and bool(translated)
        and translated != english
        and not _MARKUP.search(translated)
        and _addresses(translated) <= _addresses(english)
        and 0.4 < len(translated) / max(1, len(english)) < 2.5
        and _sentences(translated) <= _sentences(english)
        and _figures_kept(english, translated, language)
        and _dates_kept(english, translated, language)
        and _names_kept(english, translated, language, ordinary)
        and _negation_kept(english, translated, language)
    )


def _addresses(text: str) -> set[str]:
    return {found.rstrip(".").lower() for found in _ADDRESS.findall(text)}


def _sentences(text: str) -> int:
    """How many there are: ends before a word that begins with a capital, short forms apart."""
    following = re.findall(r"(?<=\w{4}[.!?])\s+([^\W\d_]+)", text)
    return 1 + sum(word[0].isupper() and not word[1:].isupper() for word in following)


def _figures_kept(english: str, translated: str, language: str) -> bool:
    """Digits stand as they are; numbers in words may stand in words or digits; millions stay millions."""
    digits, found = Counter(_digits(english)), Counter(_digits(translated))
    words = Counter(_numbers_in_words(english))
    added = found - digits
    if digits - found or added - words:
        return False
    plain = _folded(translated)
    if any(not re.search(_number(language, value), plain) for value in words - added):
        return False
    return _scales_kept(english.lower(), plain)


def _scales_kept(english: str, plain: str) -> bool:
    """As many millions and as many billions; some languages say billion as thousand million."""
    billions, rest = len(re.findall(_BILLION, plain)), re.sub(_BILLION, " ", plain)
    return billions == len(re.findall(r"\bbillions?\b|\d ?bn\b", english)) and len(
        re.findall(_MILLION, rest)
    ) == len(re.findall(r"\bmillions?\b|\d ?m\b", english))


def _digits(text: str) -> list[str]:
    """Groups of digits; thousands may be parted and decimals pointed in another way."""
    joined = re.sub(
        r"(?<![\d.,])\d{1,3}(?:[.,'’\u00a0\u202f ]\d{3})+(?![\d])",
        lambda found: re.sub(r"\D", "", found[0]),
        text,
    )
    return re.findall(r"\d+", joined)


def _numbers_in_words(english: str) -> Iterator[str]:
    for word in re.findall(r"[a-z]+", english.lower()):
        if word in _ENGLISH_NUMBERS:
            yield str(_ENGLISH_NUMBERS.index(word) + 2)


@cache
def _number(language: str, value: str) -> str:
    """Pattern of a number in words, over folded text."""
    forms = _folded(_NUMBERS[language]).split()[int(value) - 2].split("/")
    found = (form[:-1] + r"\w*" if form.endswith("-") else form for form in forms)
    return rf"\b(?:{'|'.join(found)})\b"


def _dates_kept(english: str, translated: str, language: str) -> bool:
    """Each month stands beside its day and year, and none stands beside a figure that had none."""
    wanted = claims.dates(english)
    found = list(_dated(translated, language))
    for date in wanted:
        if date.day or date.year:
            kept = any(
                month == date.month
                and (not date.day or date.day in days)
                and (not date.year or date.year in years)
                for month, days, years in found
            )
        else:
            kept = bool(re.search(_month(language, date.month), _folded(translated)))
        if not kept:
            return False
    return {month for month, *_ in found} <= {date.month for date in wanted}


def _dated(text: str, language: str) -> Iterator[tuple[int, set[int], set[int]]]:
    """Months that stand beside figures, with the days and years these may be."""
    plain = _folded(text)
    for month in range(1, 13):
        for match in re.finditer(_month(language, month), plain):
            before, behind = plain[: match.start()], plain[match.end() :]
            if language in ("hu", "lt"):  # year, month, day
                days = re.match(r"\D{1,3}(\d{1,2})(?!\d)(?:\D{1,6}(\d{1,2})(?!\d))?", behind)
            else:  # one day, or two as in "17. bis 19. Juni"
                days = re.search(r"(?:(?<!\d)(\d{1,2})\D{1,6})?(?<!\d)(\d{1,2})\D{1,6}$", before)
            years = re.findall(r"(?<!\d)\d{4}(?!\d)", before[-24:] + "|" + behind[:10])
            numbers = {int(day) for day in days.groups() if day} if days else set()
            if numbers or years:
                yield month, numbers, {int(year) for year in years}


@cache
def _month(language: str, month: int) -> str:
    """Pattern of a month's name in any case, over folded text."""
    names = {
        _folded(get_month_names("wide", context, language)[month])
        for context in ("format", "stand-alone")
    }
    if language == "ga":  # the first letter is softened after some words
        names |= {name[0] + "h" + name[1:] for name in names}
    names |= {re.sub(r"e([cr])$", r"\1", name) for name in names}  # Slovene marec, marca
    forms = {name + r"\w{0,2}" if len(name) < 5 else name[:-1] + r"\w{0,5}" for name in names}
    return rf"\b(?:{'|'.join(sorted(forms))})\b"


def _names_kept(english: str, translated: str, language: str, ordinary: Collection[str]) -> bool:
    """Names stand unchanged, or much alike as in Flanders, Flandern; abbreviations unchanged."""
    shorts = re.findall(r"\b[A-Z]{2,}\b", translated)
    if any(
        short not in english and not _said_otherwise("EU", short.lower(), language)
        for short in shorts
    ):
        return False
    held = set(re.findall(r"[\w&]+", fold(translated)))
    plain = _folded(translated)
    for name in claims.names(english, ordinary):
        if fold(name) in _ENGLISH_NUMBERS or _said_otherwise(name, plain, language):
            continue
        for word in re.findall(r"[\w&]+", fold(name).removesuffix("'s")):
            if len(word) < 2 or word in held:
                continue
            if name.isupper() or not any(_alike(word, other) for other in held):
                return False
    return True


def _said_otherwise(name: str, plain: str, language: str) -> bool:
    """Whether a name that each language has its own word for stands in folded text."""
    if name in ("EUR", "Euro"):
        return bool(_EURO.search(plain))
    if name == "EU":
        return bool(re.search(rf"\b(?:{_UNION.get(language, 'eu')})\b", plain))
    country = _countries(language).get(fold(name))
    return bool(country and re.search(rf"\b{re.escape(country)}", plain))


@cache
def _countries(language: str) -> dict[str, str]:
    """From a country's English name, folded, to the beginning of its name in a language."""
    own = Locale(language).territories
    return {
        fold(name): _folded(own[code]).split()[0][: max(4, len(own[code].split()[0]) - 2)]
        for code, name in Locale("en").territories.items()
        if len(code) == 2 and code.isalpha() and code in own and " " not in name
    }


def _alike(one: str, other: str) -> bool:
    first, second = _pairs(one), _pairs(other)
    return bool(first) and 2 * len(first & second) / (len(first) + len(second)) >= ALIKE


def _pairs(word: str) -> set[str]:
    return {word[place : place + 2] for place in range(len(word) - 1)}


def _negation_kept(english: str, translated: str, language: str) -> bool:
    denied = bool(re.search(_NEGATING[language], _folded(translated)))
    if bool(claims.negated(english)) == denied:
        return True
    return denied is False and not claims.negated(_HALF_NEGATING.sub("", english))


def _folded(text: str) -> str:
    """Lower case without accents, other alphabets kept."""
    decomposed = unicodedata.normalize("NFKD", text.lower().replace("’", "'"))
    return "".join(c for c in decomposed if not unicodedata.combining(c))
