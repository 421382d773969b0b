"""A translation is shown only where it keeps figures, dates, names and negations; else the English is."""

from __future__ import annotations

import json
import re
import shutil
from datetime import date

import pytest
from babel.dates import get_month_names

from kb.answering.question import EU_LANGUAGES
from kb.answering.translate import keeps
from kb.knowledge import KnowledgeBase
from kb.settings import load_settings
from tests.conftest import DATA, CountingEmbedder
from tests.llm.conftest import RIVER, SECONDS, ask, check_extractive
from tests.llm.scripted import Script, worded

ORDINARY = frozenset("the partners some regions members network a rules report no".split())
DATE = "The call for water pilots closed on 19 March 2026 with EUR 5 million."
DATES = {
    "bg": "Поканата за водни пилотни проекти приключи на 19 март 2026 г. с 5 млн. EUR.",
    "cs": "Výzva pro vodní pilotní projekty skončila 19. března 2026 s částkou 5 milionů EUR.",
    "da": "Indkaldelsen for vandpiloter lukkede den 19. marts 2026 med 5 mio. EUR.",
    "de": "Der Aufruf für Wasserpilotprojekte schloss am 19. März 2026 mit 5 Millionen EUR.",
    "el": "Η πρόσκληση για πιλοτικά έργα νερού έκλεισε στις 19 Μαρτίου 2026 με 5 εκατ. EUR.",
    "es": "La convocatoria de pilotos del agua se cerró el 19 de marzo de 2026 con 5 millones de EUR.",
    "et": "Veepilootide kutse suleti 19. märtsil 2026 summaga 5 miljonit EUR.",
    "fi": "Vesipilottien haku päättyi 19. maaliskuuta 2026, ja sen määrä oli 5 miljoonaa EUR.",
    "fr": "L’appel pour les projets pilotes sur l’eau s’est clos le 19 mars 2026 avec 5 millions d’EUR.",
    "ga": "Dúnadh an glao ar phíolótaí uisce an 19 Márta 2026 le EUR 5 mhilliún.",
    "hr": "Poziv za pilot-projekte o vodi zatvoren je 19. ožujka 2026. s 5 milijuna EUR.",
    "hu": "A vízügyi kísérleti projektek felhívása 2026. március 19-én zárult 5 millió EUR összeggel.",
    "it": "Il bando per i progetti pilota sull'acqua si è chiuso il 19 marzo 2026 con 5 milioni di EUR.",
    "lt": "Kvietimas vandens bandomiesiems projektams baigėsi 2026 m. kovo 19 d., skirta 5 mln. EUR.",
    "lv": "Uzaicinājums ūdens projektiem noslēdzās 2026. gada 19. martā ar 5 miljoniem EUR.",
    "mt": "Is-sejħa għal proġetti pilota tal-ilma ngħalqet fid-19 ta’ Marzu 2026 b’EUR 5 miljuni.",
    "nl": "De oproep voor waterpilots sloot op 19 maart 2026 met 5 miljoen EUR.",
    "pl": "Nabór na pilotaże wodne zakończył się 19 marca 2026 r. z kwotą 5 mln EUR.",
    "pt": "O convite para pilotos da água encerrou em 19 de março de 2026 com 5 milhões de EUR.",
    "ro": "Apelul pentru proiecte-pilot privind apa s-a închis la 19 martie 2026, cu 5 milioane EUR.",
    "sk": "Výzva na vodné pilotné projekty sa skončila 19. marca 2026 so sumou 5 miliónov EUR.",
    "sl": "Razpis za vodne pilotne projekte se je zaprl 19. marca 2026 s 5 milijoni EUR.",
    "sv": "Utlysningen för vattenpiloter stängde den 19 mars 2026 med 5 miljoner EUR.",
}
NEEDED, NOT_NEEDED = "Partners need a written agreement.", "Partners need no written agreement."
AGREEMENTS = {
    "bg": ("Партньорите се нуждаят от писмено споразумение.",
           "Партньорите не се нуждаят от писмено споразумение."),
    "cs": ("Partneři potřebují písemnou dohodu.", "Partneři nepotřebují písemnou dohodu."),
    "da": ("Partnere behøver en skriftlig aftale.", "Partnere behøver ikke en skriftlig aftale."),
    "de": ("Partner brauchen eine schriftliche Vereinbarung.",
           "Partner brauchen keine schriftliche Vereinbarung."),
    "el": ("Οι εταίροι χρειάζονται γραπτή συμφωνία.", "Οι εταίροι δεν χρειάζονται γραπτή συμφωνία."),
    "es": ("Los socios necesitan un acuerdo escrito.", "Los socios no necesitan un acuerdo escrito."),
    "et": ("Partnerid vajavad kirjalikku kokkulepet.", "Partnerid ei vaja kirjalikku kokkulepet."),
    "fi": ("Kumppanit tarvitsevat kirjallisen sopimuksen.",
           "Kumppanit eivät tarvitse kirjallista sopimusta."),
    "fr": ("Les partenaires ont besoin d’un accord écrit.",
           "Les partenaires n’ont pas besoin d’un accord écrit."),
    "ga": ("Tá comhaontú i scríbhinn ag teastáil ó chomhpháirtithe.",
           "Níl comhaontú i scríbhinn ag teastáil ó chomhpháirtithe."),
    "hr": ("Partneri trebaju pisani sporazum.", "Partneri ne trebaju pisani sporazum."),
    "hu": ("A partnereknek szükségük van írásbeli megállapodásra.",
           "A partnereknek nincs szükségük írásbeli megállapodásra."),
    "it": ("I partner hanno bisogno di un accordo scritto.",
           "I partner non hanno bisogno di un accordo scritto."),
    "lt": ("Partneriams reikia rašytinio susitarimo.", "Partneriams nereikia rašytinio susitarimo."),
    "lv": ("Partneriem ir vajadzīga rakstiska vienošanās.",
           "Partneriem nav vajadzīga rakstiska vienošanās."),
    "mt": ("Is-sħab għandhom bżonn ftehim bil-miktub.", "Is-sħab m’għandhomx bżonn ftehim bil-miktub."),
    "nl": ("Partners hebben een schriftelijke overeenkomst nodig.",
           "Partners hebben geen schriftelijke overeenkomst nodig."),
    "pl": ("Partnerzy potrzebują pisemnej umowy.", "Partnerzy nie potrzebują pisemnej umowy."),
    "pt": ("Os parceiros precisam de um acordo escrito.",
           "Os parceiros não precisam de um acordo escrito."),
    "ro": ("Partenerii au nevoie de un acord scris.", "Partenerii nu au nevoie de un acord scris."),
    "sk": ("Partneri potrebujú písomnú dohodu.", "Partneri nepotrebujú písomnú dohodu."),
    "sl": ("Partnerji potrebujejo pisni dogovor.", "Partnerji ne potrebujejo pisnega dogovora."),
    "sv": ("Partner behöver ett skriftligt avtal.", "Partner behöver inget skriftligt avtal."),
}  # fmt: skip
BILLIONS = {
    "bg": ("млн.", "млрд."), "cs": ("milionů", "miliard"), "da": ("mio.", "mia."),
    "de": ("Millionen", "Milliarden"), "el": ("εκατ.", "δισ."), "es": ("millones", "mil millones"),
    "et": ("miljonit", "miljardit"), "fi": ("miljoonaa", "miljardia"),
    "fr": ("millions", "milliards"), "ga": ("mhilliún", "bhilliún"),
    "hr": ("milijuna", "milijardi"), "hu": ("millió", "milliárd"), "it": ("milioni", "miliardi"),
    "lt": ("mln.", "mlrd."), "lv": ("miljoniem", "miljardiem"), "mt": ("miljuni", "biljuni"),
    "nl": ("miljoen", "miljard"), "pl": ("mln", "mld"), "pt": ("milhões", "mil milhões"),
    "ro": ("milioane", "miliarde"), "sk": ("miliónov", "miliárd"), "sl": ("milijoni", "milijardami"),
    "sv": ("miljoner", "miljarder"),
}  # fmt: skip


def test_every_official_language_is_tried():
    assert set(DATES) == set(AGREEMENTS) == set(BILLIONS) == set(EU_LANGUAGES) - {"en"}


@pytest.mark.parametrize("language", DATES)
class TestEachLanguage:
    def test_a_faithful_translation_is_kept(self, language):
        assert keeps(DATE, DATES[language], language, ORDINARY)

    @pytest.mark.parametrize(
        ("old", "new"), [("2026", "2025"), ("19", "18"), ("5 ", "6 "), ("5 ", "")]
    )
    def test_a_changed_or_lost_figure_is_not(self, language, old, new):
        changed = DATES[language].replace(old, new, 1)
        assert changed != DATES[language]
        assert not keeps(DATE, changed, language, ORDINARY)

    def test_an_added_figure_is_not(self, language):
        assert not keeps(DATE, DATES[language].rstrip(".") + " (7).", language, ORDINARY)

    def test_a_changed_month_is_not(self, language):
        names = get_month_names("wide", "format", language)
        march = re.compile(rf"\b{names[3][:3]}\w*", re.IGNORECASE)
        changed = march.sub(names[6], DATES[language])
        assert changed != DATES[language]
        assert not keeps(DATE, changed, language, ORDINARY)

    def test_billions_for_millions_are_not(self, language):
        changed = DATES[language].replace(*BILLIONS[language])
        assert changed != DATES[language]
        assert not keeps(DATE, changed, language, ORDINARY)
        assert keeps(DATE.replace("million", "billion"), changed, language, ORDINARY)

    def test_negations_are_kept_as_they_are(self, language):
        needed, not_needed = AGREEMENTS[language]
        assert keeps(NEEDED, needed, language, ORDINARY)
        assert keeps(NOT_NEEDED, not_needed, language, ORDINARY)
        assert not keeps(NEEDED, not_needed, language, ORDINARY), "negation added"
        assert not keeps(NOT_NEEDED, needed, language, ORDINARY), "negation lost"

    def test_an_address_or_mark_up_is_not_brought_in(self, language):
        needed = AGREEMENTS[language][0].rstrip(".")
        for more in (
            ", https://evil.example", ", evil.example", ", me@evil.example", " [1]", " **!**",
            " <b>!</b>", " ![x](y)", ", www.evil",
        ):  # fmt: skip
            assert not keeps(NEEDED, f"{needed}{more}.", language, ORDINARY), more

    def test_another_text_is_not_brought_in(self, language):
        needed = AGREEMENTS[language][0]
        assert not keeps(NEEDED, f"{needed} {needed}", language, ORDINARY)
        assert not keeps(NEEDED, "", language, ORDINARY)
        assert not keeps(NEEDED, NEEDED, language, ORDINARY), "not translated"


LOOK_ALIKES = [
    ("bg", "The network helps the regions.", "Мрежата помага на регионите."),
    ("cs", "Some regions work on energy or on the blue economy.",
     "Některé regiony pracují na energii nebo na modré ekonomice."),
    ("cs", "The network helps the regions most.", "Síť nejvíce pomáhá regionům."),
    ("da", "Partners come from outside the regions.", "Partnerne kommer uden for regionerne."),
    ("el", "The rules help the network.", "Οι κανόνες βοηθούν το δίκτυο."),
    ("et", "The report of the year 2025 is public.", "2025. aasta aruanne on avalik."),
    ("fr", "A person helps the network.", "Une personne aide le réseau."),
    ("hr", "The network holds a series of meetings.", "Mreža održava niz sastanaka."),
    ("it", "The network talks about it.", "La rete ne parla."),
    ("lt", "Partners meet every week because the regions ask for it.",
     "Partneriai susitinka kas savaitę, nes to prašo regionai."),
    ("lv", "The network meets every week.", "Tīkls tiekas katru nedēļu."),
    ("mt", "The network works with the regions.", "In-network jaħdem ma' reġjuni."),
    ("pl", "Some regions work on the blue economy.", "Niektóre regiony pracują nad niebieską gospodarką."),
    ("pl", "The network has a task.", "Sieć ma zadanie."),
    ("sk", "Some regions work on energy.", "Niektoré regióny pracujú na energii."),
    ("sl", "Some regions work on energy.", "Nekatere regije delajo na energiji."),
]  # fmt: skip


@pytest.mark.parametrize(("language", "english", "translated"), LOOK_ALIKES)
def test_words_that_only_look_like_a_negation(language, english, translated):
    assert keeps(english, translated, language, ORDINARY)


THREE = "The network has three members."
THREES = {
    "bg": ("Мрежата има три членове.", "Мрежата има четири членове."),
    "cs": ("Síť má tři členy.", "Síť má čtyři členy."),
    "da": ("Netværket har tre medlemmer.", "Netværket har fire medlemmer."),
    "de": ("Das Netz hat drei Mitglieder.", "Das Netz hat vier Mitglieder."),
    "el": ("Το δίκτυο έχει τρία μέλη.", "Το δίκτυο έχει τέσσερα μέλη."),
    "es": ("La red tiene tres miembros.", "La red tiene cuatro miembros."),
    "et": ("Võrgustikul on kolm liiget.", "Võrgustikul on neli liiget."),
    "fi": ("Verkostolla on kolme jäsentä.", "Verkostolla on neljä jäsentä."),
    "fr": ("Le réseau a trois membres.", "Le réseau a quatre membres."),
    "ga": ("Tá trí bhall sa líonra.", "Tá ceithre bhall sa líonra."),
    "hr": ("Mreža ima tri člana.", "Mreža ima četiri člana."),
    "hu": ("A hálózatnak három tagja van.", "A hálózatnak négy tagja van."),
    "it": ("La rete ha tre membri.", "La rete ha quattro membri."),
    "lt": ("Tinklas turi tris narius.", "Tinklas turi keturis narius."),
    "lv": ("Tīklam ir trīs dalībnieki.", "Tīklam ir četri dalībnieki."),
    "mt": ("In-netwerk għandu tliet membri.", "In-netwerk għandu erba’ membri."),
    "nl": ("Het netwerk heeft drie leden.", "Het netwerk heeft vier leden."),
    "pl": ("Sieć ma trzech członków.", "Sieć ma czterech członków."),
    "pt": ("A rede tem três membros.", "A rede tem quatro membros."),
    "ro": ("Rețeaua are trei membri.", "Rețeaua are patru membri."),
    "sk": ("Sieť má troch členov.", "Sieť má štyroch členov."),
    "sl": ("Mreža ima tri člane.", "Mreža ima štiri člane."),
    "sv": ("Nätverket har tre medlemmar.", "Nätverket har fyra medlemmar."),
}


@pytest.mark.parametrize("language", THREES)
def test_a_number_in_words_is_kept(language):
    three, four = THREES[language]
    assert keeps(THREE, three, language, ORDINARY)
    assert not keeps(THREE, four, language, ORDINARY)
    assert keeps(THREE.replace("three", "four"), four, language, ORDINARY)


def test_a_number_in_words_may_become_digits():
    assert keeps(THREE, "Das Netz hat 3 Mitglieder.", "de", ORDINARY)
    assert not keeps(THREE, "Das Netz hat 4 Mitglieder.", "de", ORDINARY)


NAMES = [
    ("de", "Flanders leads the network.", "Flandern leitet das Netz.", True),
    ("de", "Flanders leads the network.", "Friesland leitet das Netz.", False),
    ("de", "Lapland leads the network.", "Lettland leitet das Netz.", False),
    ("de", "Lapland leads the network.", "Eine Region leitet das Netz.", False),
    ("de", "Austria leads the network.", "Österreich leitet das Netz.", True),
    ("de", "Austria leads the network.", "Australien leitet das Netz.", False),
    ("fi", "Finland and Sweden lead the network.", "Suomi ja Ruotsi johtavat verkostoa.", True),
    ("fr", "Germany leads the network.", "L’Allemagne dirige le réseau.", True),
    ("fr", "Germany leads the network.", "L’Espagne dirige le réseau.", False),
    ("fr", "The EU pays 60 per cent.", "L’UE paie 60 %.", True),
    ("pl", "The EU pays 60 per cent.", "UE płaci 60 procent.", True),
    ("el", "The EU pays 60 per cent.", "Η ΕΕ πληρώνει το 60 %.", True),
    ("es", "The EU pays 60 per cent.", "La ONU paga el 60 %.", False),
    ("it", "ERRIN helps the network.", "ERRIN aiuta la rete.", True),
    ("it", "ERRIN helps the network.", "EFIS aiuta la rete.", False),
    ("it", "The network helps regions.", "La rete NATO aiuta le regioni.", False),
    ("sv", "The European Commission pays.", "Europeiska kommissionen betalar.", True),
    ("nl", "The network costs 4.5 million euros.", "Het netwerk kost 4,5 miljoen euro.", True),
    ("de", "The network has 1,200 members.", "Das Netz hat 1.200 Mitglieder.", True),
    ("fr", "The network has 1,200 members.", "Le réseau compte 1 200 membres.", True),
    ("fr", "The network has 1,200 members.", "Le réseau compte 1 300 membres.", False),
    (
        "de",
        "Partners meet from 17 to 19 June 2025.",
        "Die Partner tagen vom 17. bis 19. Juni 2025.",
        True,
    ),
    (
        "de",
        "Partners meet on 17 June and on 19 July.",
        "Partner tagen am 19. Juni und am 17. Juli.",
        False,
    ),
    ("de", "Partners meet in May.", "Die Partner treffen sich im Mai.", True),
    ("de", "Partners meet in May.", "Die Partner treffen sich im Juni.", False),
    ("de", "Partners met in 2018.", "Die Partner trafen sich im Mai 2018.", False),
    ("de", "Regions join rather than lead.", "Regionen treten bei, statt zu leiten.", True),
    ("xx", "The network helps regions.", "Abc defgh ijklmn opqrst.", False),
]


@pytest.mark.parametrize(("language", "english", "translated", "kept"), NAMES)
def test_names_and_dates(language, english, translated, kept):
    assert keeps(english, translated, language, ORDINARY) == kept


# Over the wire

GERMAN = "Wer leitet die Flusspartnerschaft?"
RIVER_DE = "Die river partnership wurde 2018 von Lappland geleitet."


@pytest.fixture(scope="module")
def opens_german(opens, tmp_path_factory):
    """Opens bases over the small corpus with a few German words."""
    folder = tmp_path_factory.mktemp("german")
    shutil.copytree(DATA / "corpus", folder / "corpus")
    for name in ("words", "questions"):
        (folder / "corpus/languages" / name).mkdir(parents=True)
    (folder / "corpus/languages/words/de.tsv").write_text(
        "who\twer\nleads\tleitet\nriver partnership\tflusspartnerschaft\n"
    )
    record = {"section": "guidance/commitment#who-leads-the-river-partnership", "question": GERMAN}
    (folder / "corpus/languages/questions/de.json").write_text(json.dumps([record]))

    def open_german(**settings: object) -> KnowledgeBase:
        return KnowledgeBase.open(
            settings=load_settings(index=folder / "index", **settings),
            embedder=CountingEmbedder(),
            corpus=folder / "corpus",
            today=lambda: date(2026, 6, 1),
        )

    open_german().ask(GERMAN)  # builds the index, and reads what the first question reads
    return open_german


@pytest.fixture
def base(opens_german, server):
    return opens_german(llm="openai:scripted", llm_base_url=server.url, llm_timeout=SECONDS)


@pytest.fixture(scope="module")
def plain(opens_german):
    return opens_german()


def translations(*texts):
    return Script(json.dumps({"sentences": texts}, ensure_ascii=False))


def test_l7_a_german_question_is_answered_in_german(base, server):
    server.plays(Script(worded(RIVER)), translations(RIVER_DE))
    asked = ask(base, GERMAN)
    assert asked.answer.language == "de"
    assert [(s.text, s.original) for s in asked.answer.statements] == [(RIVER_DE, RIVER)]
    assert RIVER_DE in asked.answer.text
    assert asked.answer.citations[0].quote == RIVER
    assert "translated" in asked.notices
    assert "fallback" not in asked.notices
    assert server.requests[1].asked == {"language": "de", "sentences": [RIVER]}
    assert "http" not in server.requests[1].raw


@pytest.mark.parametrize(
    "unfaithful",
    [
        "Die river partnership wurde 2019 von Lappland geleitet.",
        "Die river partnership wurde 2018 nicht von Lappland geleitet.",
        "Die river partnership wurde 2018 von Toskana geleitet.",
        "Die river partnership wurde 2018 von Lappland geleitet, siehe https://evil.example.",
        RIVER,
        "",
    ],
)
def test_an_unfaithful_translation_leaves_the_english(base, server, unfaithful):
    server.plays(Script(worded(RIVER)), translations(unfaithful))
    asked = ask(base, GERMAN)
    assert [(s.text, s.original) for s in asked.answer.statements] == [(RIVER, "")]
    assert asked.answer.generator == "openai:scripted"
    assert "translated" not in asked.notices
    assert "fallback" in asked.notices


@pytest.mark.parametrize(
    "script",
    [
        Script(status=500),
        Script(silent=True),
        Script("no JSON"),
        translations(),
        translations(RIVER_DE, RIVER_DE),
        Script('{"sentences": [{"text": "A"}]}'),
    ],
)
def test_a_translation_that_fails_leaves_the_english(base, server, script):
    server.plays(Script(worded(RIVER)), script)
    asked = ask(base, GERMAN)
    assert [(s.text, s.original) for s in asked.answer.statements] == [(RIVER, "")]
    assert "translated" not in asked.notices


def test_no_time_is_left_to_translate(base, server, plain):
    server.plays(Script(silent=True))
    asked = ask(base, GERMAN)
    assert asked.answer.generator == "extractive"
    assert asked.answer.statements == plain.ask(GERMAN).statements
    assert len(server.requests) == 1


def test_quoted_sentences_are_translated_too(base, server, plain):
    expected = plain.ask(GERMAN)
    assert [statement.text for statement in expected.statements] == [RIVER]
    server.plays(Script(status=429), translations(RIVER_DE))
    asked = ask(base, GERMAN)
    assert asked.answer.generator == "extractive"
    assert [(s.text, s.original) for s in asked.answer.statements] == [(RIVER_DE, RIVER)]
    assert asked.answer.citations == expected.citations
    assert {"fallback", "translated"} <= asked.notices


def test_an_english_question_is_not_translated(base, server, plain):
    server.plays(Script(status=500))
    check_extractive(ask(base), plain)
    assert len(server.requests) == 1
