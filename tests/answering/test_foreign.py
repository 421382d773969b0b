"""Questions in other languages, and slips, over small word lists."""

from kb.answering.foreign import Dictionary
from kb.answering.spelling import Spelling
from kb.reading.catalogue import shipped_corpus
from kb.reading.languages import LANGUAGES, AskedIn, Language, read_languages

GERMAN = Language(
    "de",
    (("partnership", "partnerschaft"), ("join", "beitreten"), ("value", "wert"), ("chain", "kette"),
     ("how", "wie"), ("region", "region")),
    (AskedIn("faq/a#join", "Wie kann man beitreten?", ("Mitglied werden",)),
     AskedIn("faq/a#leave", "Wie kann man austreten?")),
)  # fmt: skip


def test_known_words_become_english_in_their_order():
    assert Dictionary(GERMAN).gloss("Wie kann eine Region beitreten?") == "how region join"


def test_inflected_forms_and_compounds_are_known():
    dictionary = Dictionary(GERMAN)
    assert dictionary.gloss("Partnerschaften") == "partnership"
    assert dictionary.gloss("Wertkette") == "value chain"


def test_abbreviations_and_figures_stay():
    assert Dictionary(GERMAN).gloss("TSSP und I3 2026") == "TSSP I3 2026"


def test_a_name_joined_to_a_known_word_stays():
    assert Dictionary(GERMAN).gloss("S3-Partnerschaft Agri-Food-4") == "S3 partnership Agri-Food-4"


def test_the_section_that_is_asked_alike_is_nearest():
    near = Dictionary(GERMAN).nearest("wie werde ich mitglied")
    assert max(near, key=near.get) == "faq/a#join"


def test_every_official_language_but_english_is_shipped():
    languages = {
        language.code: language for language in read_languages(shipped_corpus() / LANGUAGES)
    }
    wanted = "bg cs da de el es et fi fr ga hr hu it lt lv mt nl pl pt ro sk sl sv".split()
    assert sorted(languages) == wanted
    sections = {a.section for a in languages["de"].asked}
    assert len(sections) == 40
    for language in languages.values():
        assert len(language.words) > 500
        assert {a.section for a in language.asked} == sections


def test_slips_are_mended_and_known_words_stay():
    spelling = Spelling(
        ["geothermal partnership in Tuscany", "geothermal partnership, Tuscany"], ["gather"]
    )
    assert spelling.mend("gothermal partnersip tuscny") == "geothermal partnership tuscany"
    assert spelling.mend("gather") == "gather"
    assert spelling.mend("zzzzzz") == "zzzzzz"
