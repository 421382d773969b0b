"""Small talk: greetings, thanks and questions about the assistant itself, which no source is asked for."""

from __future__ import annotations

import re

# Words of greeting, thanks, consent and leave in the official languages; alone they ask nothing.
_WORDS = frozenset(
    """
    hello hi hey dear good morning afternoon evening day thanks thank you very so much many cheers ok okay
    yes no bye goodbye great perfect fine nice help please sir madam all there again for the your it was
    hallo guten tag morgen abend moin servus danke vielen dank schön sehr bitte tschüss ja nein gut
    bonjour bonsoir salut merci beaucoup bien oui non au revoir
    hola buenos días dias buenas tardes noches gracias muchas muy amable sí si adiós
    ciao salve buongiorno buonasera grazie mille molte arrivederci
    olá ola bom dia boa tarde noite obrigado obrigada muito sim não adeus
    goedemorgen goedemiddag goedenavond goedendag dag dank je u wel bedankt nee
    cześć dzień dobry wieczór witam dziękuję dziekuje bardzo tak nie
    ahoj dobrý den děkuji děkuju díky moc ano ne deň ďakujem veľmi pekne áno nie
    zdravo živjo pozdravljeni dober dan večer hvala lepa najlepša bok dobar
    здравейте здравей добър ден благодаря много да не
    bună buna ziua dimineața seara mulțumesc multumesc mult da nu
    szia helló üdvözlöm jó napot reggelt estét köszönöm szépen igen nem
    hei moi terve huomenta hyvää päivää iltaa kiitos paljon kyllä ei
    tere hommikust päevast õhtust tänan aitäh väga
    sveiki labdien labrīt labvakar paldies jā nē
    labas laba diena rytas vakaras ačiū labai taip
    hej god morgon dag kväll tack så mycket nej
    godmorgen goddag godaften tak mange
    γεια σας σου καλημέρα καλησπέρα χαίρετε ευχαριστώ πολύ ναι όχι
    bonġu bonswa grazzi ħafna iva le
    dia duit daoibh go raibh maith agat agaibh míle
    """.casefold().split()
)
_MOST_WORDS = 6
_BEING = r"(?:robots?|bots?|human|person|machine|ai|chat\ ?bot|chat\ ?gpt|computer|there)"
_SOMEBODY = r"(?:to|with)\ (?:an?\ |some)?\ ?(?:real\ )?(?:human|person|one|body|people)"
_ITSELF = re.compile(
    rf"""
    (?:(?:hello|hi|hey|so|and|but)[,!]?\ )*
    (?:
      (?:who|what)\ (?:exactly\ )?(?:are|r)\ (?:you|u)
      |are\ you\ (?:an?\ )?(?:real\ )?{_BEING}
      |am\ i\ (?:talking|speaking|chatting)\ (?:to|with)\ (?:an?\ )?{_BEING}
      |what\ can\ you\ (?:do|help(?:\ me)?\ with|tell\ me)(?:\ for\ (?:me|us))?
      |(?:what|how)\ can\ i\ ask(?:\ you)?
      |how\ (?:do|does)\ (?:you|this(?:\ (?:assistant|chat|chatbot|bot))?)\ work
      |how\ (?:reliable|accurate|good)\ are\ (?:you|your\ answers)
      |(?:what|which)\ languages?\ (?:do|can)\ you\ (?:speak|understand|know)|do\ you\ speak\ \w+
      |what(?:'s|\ is)\ your\ (?:name|knowledge\ cut-?\ ?off)|who\ (?:made|built|runs)\ you
      |(?:can|could|may)\ (?:i|we)\ (?:please\ )?(?:talk|speak|chat)\ {_SOMEBODY}
      |(?:i\ (?:want|would\ like|need)\ to\ )?(?:talk|speak)\ {_SOMEBODY}
      |(?:wer|was)\ (?:bist\ du|sind\ sie)
      |(?:bist\ du|sind\ sie)\ (?:ein\ )?(?:mensch|roboter|ki|bot|computer)
      |qui\ (?:es-tu|êtes-vous)|(?:es-tu|êtes-vous)\ un\ (?:robot|humain)
      |quién\ (?:eres|es\ usted)|eres\ (?:un\ robot|humano|una\ persona)
      |chi\ (?:sei|è\ lei)|sei\ (?:un\ robot|umano|una\ persona)
      |kim\ jesteś|quem\ és|wie\ ben\ je|wie\ bent\ u
    )
    (?:,?\ please)?
    """,
    re.IGNORECASE | re.VERBOSE,
)


def is_small_talk(text: str) -> bool:
    """Whether a whole message greets, thanks, or asks about the assistant itself."""
    words = re.findall(r"\w+", text.casefold())
    if words and len(words) <= _MOST_WORDS and _WORDS.issuperset(words):
        return True
    plain = " ".join(text.replace("’", "'").split()).strip(" ?!.…¿¡;")
    return _ITSELF.fullmatch(plain) is not None
