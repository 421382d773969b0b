"""Phrases: how people greet, close, ask, quote and forward in the languages of the Union; patterns only.

A new wording is one more alternative in a table. All patterns are searched without regard to case.
"""

# ruff: noqa: E501  tables of patterns read best with long lines

from __future__ import annotations

import re


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


GREETING = _any(
    r"^\W*(?:dear|hello|hi|hey|good (?:day|morning|afternoon|evening)|greetings|to whom it may concern)\b",
    r"^\W*(?:sehr geehrte[rs]?|liebe[rs]?|guten (?:tag|morgen|abend)|hallo|grüß gott|moin)\b",
    r"^\W*(?:madame|monsieur|mesdames|messieurs|chère?s?|bonjour|bonsoir)\b",
    r"^\W*(?:estimad[oa]s?|muy señor|buen[oa]s (?:días|tardes)|hola|querid[oa]s?)\b",
    r"^\W*(?:gentil[ei]\w*|egregi[oa]?|spett(?:abile|\.le)|buon ?giorno|buona ?sera|salve|car[oaie])\b",
    r"^\W*(?:exm[oa]s?\.?|ex\.m[oa]s?|car[oa]s?|prezad[oa]s?|bom dia|boa (?:tarde|noite)|olá)\b",
    r"^\W*(?:geachte|beste|goede(?:morgen|middag|navond)|goede(?:n)? ?dag)\b",
    r"^\W*(?:szanown[aeyi]\w*|dzień dobry|drog[iaie]\w*|witam)\b",
    r"^\W*(?:vážen[áíýé]\w*|dobrý de[nň]|poštovan[iae]\w*|spoštovan[iae]\w*|dobar dan)\b",
    r"^\W*(?:tisztelt|kedves|jó napot|stimat[eăi]\w*|bună ziua|dragă)\b",
    r"^\W*(?:уважаем[иао]\w*|здравейте|αγαπητ\w+|αξιότιμ\w+|καλημέρα|καλησπέρα)",
    r"^\W*(?:hej|bästa|kære|goddag|hyvä[t]?|hei|arvoisa|lugupeetud|tere|gerbiam\w+|laba diena|"
    r"cien[iī]jam\w+|labdien|għażiż\w*|a chara|dia dhuit)\b",
)
_THANKS = (
    r"(?:many|a million|with many|warm)? ?thanks\b.{0,25}|thank you(?: (?:very much|so much|in advance|again))?\b.{0,12}"
    r"|(?:vielen|herzlichen|besten) dank\b.{0,20}|danke\b.{0,20}|merci\b.{0,20}|(?:muchas |mil )?gracias\b.{0,20}"
    r"|grazie\b.{0,20}|(?:muito )?obrigad[oa]s?\b.{0,20}|(?:alvast |hartelijk )?(?:dank|bedankt)\b.{0,20}"
    r"|dzięku\w+\b.{0,20}|děkuj\w+\b.{0,20}|ďakuj\w+\b.{0,20}|hvala\b.{0,20}|köszön\w+\b.{0,20}|mulțumesc\b.{0,20}"
    r"|благодаря\b.{0,20}|ευχαριστώ\b.{0,20}|kiitos\b.{0,20}|tack\b.{0,20}|tak\b.{0,20}|aitäh\b.{0,20}"
    r"|ačiū\b.{0,20}|dėkoju\b.{0,20}|paldies\b.{0,20}|grazzi\b.{0,20}|go raibh maith a\w+"
)
CLOSING = _any(
    r"^\W*(?:(?:with |my )?(?:kind|kindest|best|warm|warmest|friendly|sunny|many) )?(?:regards|wishes|greetings)\b.{0,45}$",
    r"^\W*(?:yours |respectfully )?(?:sincerely|faithfully|truly|yours)(?: yours)?\W*$",
    r"^\W*(?:best|cheers|all the best|respectfully|cordially|take care)\W*$",
    r"^\W*(?:mit )?(?:freundlich\w+|best\w+|herzlich\w+|viel\w+|lieb\w+|schön\w+|sonnig\w+) gr(?:ü|ue)(?:ß|ss)\w*\b.{0,40}$",
    r"^\W*(?:gr(?:ü|ue)(?:ß|ss)e?|hochachtungsvoll|mfg|lg|vg)\b.{0,25}$",
    r"^\W*(?:(?:bien )?cordialement|bien à vous|(?:sincères |meilleures )?salutations\b.{0,25}|respectueusement)\W*$",
    r"^\W*(?:veuillez|je vous prie|nous vous prions|je vous remercie).{0,60}(?:agréer|salutations|expression)\b.{0,60}$",
    r"^\W*(?:(?:un )?(?:cordial |atento )?saludos?\b.{0,25}|atentamente|cordialmente|reciba.{0,40}saludo)\W*$",
    r"^\W*(?:(?:cordiali|distinti|cari|i migliori|tanti) )?saluti\b.{0,30}$",
    r"^\W*(?:com os )?(?:melhores )?cumprimentos\b.{0,25}$|^\W*(?:atenciosamente|respeitosamente)\W*$",
    r"^\W*(?:met )?(?:vriendelijke|hartelijke|beste) groet(?:en)?\W*$|^\W*(?:groet(?:en|jes)?|hoogachtend|mvg)\W*$",
    r"^\W*(?:z (?:poważaniem|wyrazami szacunku|pozdrowieniami)|(?:serdecznie )?pozdrawiam\w*|łączę .{0,40})\W*$",
    r"^\W*(?:s (?:pozdravem|pozdravom|úctou|přátelským pozdravem|poštovanjem|spoštovanjem|štovanjem))\b.{0,15}$",
    r"^\W*(?:lep\w*|lijep\w*|srdačan) pozdrav\W*$|^\W*(?:üdvözlettel|tisztelettel|köszönettel)\W*$",
    r"^\W*(?:cu (?:stimă|respect|deosebită .{0,20})|toate cele bune)\W*$|^\W*(?:с уважение|поздрави)\W*$",
    r"^\W*με (?:εκτίμηση|φιλικούς χαιρετισμούς|τιμή)\W*$|^\W*φιλικά\W*$",
    r"^\W*(?:med )?(?:vänlig\w*|bästa|varma) hälsning(?:ar)?\W*$|^\W*(?:mvh|hälsningar|vh)\W*$",
    r"^\W*(?:med )?(?:venlig|mange|de bedste) hils(?:en|ner|ener)\W*$|^\W*(?:parhain |ystävällisin )?terveisin\W*$",
    r"^\W*(?:lugupidamisega|parimate soovidega|pagarbiai|su pagarba|geriausi linkėjimai|ar cieņu)\W*$",
    r"^\W*(?:tislijiet|dejjem tiegħek|is mise\b.{0,15}|le (?:gach )?(?:meas|dea-ghuí))\W*$",
    r"^\W*(?:sent from my|von meinem .{0,20} gesendet|envoyé de mon|enviado desde mi|inviato da|verstuurd vanaf|get outlook for)\b.{0,40}$",
)  # fmt: skip
THANKS_CLOSING = _any(rf"^\W*(?:{_THANKS})\W*$")
POSTSCRIPT = re.compile(r"^\s*(?:p\.? ?s\.?|n\.? ?b\.?)(?=[\s:.,])[\s:.,-]*", re.IGNORECASE)

WROTE = (
    r"wrote|schrieb\w*|a écrit|escribió|ha scritto|escreveu|schreef|napisał\w*|napsal\w*|napísal\w*|"
    r"je na?pisa[ol]\w*|írta|a scris|написа|έγραψε|skrev|kirjoitti|kirjutas|rašė|rakstīja|kiteb|scríobh"
)
ATTRIBUTION = _any(rf"^\W*\S.{{0,200}}\b(?:{WROTE})\b.{{0,80}}:\s*$")
FORWARD_MARK = _any(
    r"^\W*-{2,} ?(?:forwarded (?:message|by)|weitergeleitete nachricht|message transféré|mensaje reenviado|"
    r"messaggio inoltrato|mensagem (?:encaminhada|reencaminhada)|doorgestuurd bericht|wiadomość przekazana|"
    r"přeposlaná zpráva|mesaj redirecționat|vidarebefordrat meddelande|videresendt meddelelse).*$",
    r"^\W*(?:begin forwarded message|anfang der weitergeleiteten|début du message (?:réexpédié|transféré)|"
    r"inicio del mensaje reenviado|inizio messaggio inoltrato)\b.*$",
)
ORIGINAL_MARK = _any(
    r"^\W*-{2,} ?(?:original (?:message|appointment)|urspr(?:ü|ue)ngliche nachricht|message d'origine|"
    r"mensaje original|messaggio originale|mensagem original|oorspronkelijk bericht|wiadomość oryginalna|"
    r"původní zpráva|pôvodná správa|eredeti üzenet|mesaj original|ursprungligt meddelande|"
    r"oprindelig meddelelse|alkuperäinen viesti|αρχικό μήνυμα|оригинално съобщение)",
)
HEADER_LINE = re.compile(
    r"^\W{0,3}(from|von|de|da|od|van|från|fra|lähettäjä|feladó|från|saatja|nuo|no|от|από|"
    r"sent|date|gesendet|datum|envoyé|fecha|enviado|inviato|data|verzonden|wysłano|odesláno|skickat|sendt|дата|ημερομηνία|"
    r"to|cc|an|à|para|a|aan|do|komu|till|til|vastaanottaja|címzett|до|προς|"
    r"subject|betreff|objet|asunto|oggetto|assunto|onderwerp|temat|předmět|predmet|ämne|emne|aihe|tárgy|subiect|тема|θέμα)"
    r"\*? ?:\*?\s*\S",
    re.IGNORECASE,
)
REPLY_PREFIX = re.compile(
    r"^\s*(?:(?:re|aw|antw|sv|vs|r|rif|rép|odp|ynt|απ|отг|resp?|ref)(?:\[\d+\])?\s*:\s*)+",
    re.IGNORECASE,
)
FORWARD_PREFIX = re.compile(
    r"^\s*(?:re\s*:\s*)?(?:fwd?|wg|tr|i|rv|enc|doorst|vb|vl|pd|továbbítás|πρθ|fs|препр|red)\s*:\s*",
    re.IGNORECASE,
)
AUTO_SUBJECT = _any(
    r"^\W*(?:automatic reply|auto(?:matic)?[- ]?(?:reply|response)|out of (?:the )?office|away from)\b",
    r"^\W*(?:automatische (?:antwort|rückmeldung)|abwesenheits\w+|réponse automatique|absence du bureau)\b",
    r"^\W*(?:respuesta automática|fuera de la oficina|risposta automatica|fuori sede|resposta automática)\b",
    r"^\W*(?:automatisch antwoord|afwezig\w*|odpowiedź automatyczna|autoodpowiedź|automatická odpov[eě]ď)\b",
    r"^\W*(?:autosvar|automatisk (?:svar|besvarelse)|automaattinen vastaus|automatikus válasz|răspuns automat)\b",
    r"^\W*(?:αυτόματη απάντηση|автоматичен отговор|automatski odgovor|samodejni odgovor|automaatvastus)",
    r"^\W*(?:undeliver(?:able|ed)|delivery status notification|mail delivery (?:failed|subsystem)|"
    r"delivery (?:failure|has failed)|returned mail|unzustellbar|read:|gelesen:|lu :|accepted:|declined:)",
)  # fmt: skip

# Sentences that ask without a question mark.
_INFORMATION = (
    r"(?:information|details?|(?:whole |full |official |complete )*list|overview|copy|certificate|confirmation|template|"
    r"clarification|clarity|guidance|advice|contact|names?|addresse?s?|dates?|figures?|links?|letter|answers? (?:on|about|to)|definition)"
)
ASKING = _any(
    # English
    r"(?:^|[,;:–-] )(?:so |and |also |then )*(?:please|kindly)(?:,? also)? (?:tell|let (?:me|us)|explain|clarify|"
    r"advise|confirm|indicate|specify|inform|list|describe|name|state|send|share|give|provide|point|help)\b",
    r"\b(?:please|kindly) (?:tell (?:me|us)|let (?:me|us) know|explain|clarify|advise|confirm|inform (?:me|us))\b",
    r"^(?:tell (?:me|us)|let (?:me|us) know|explain|describe|list|confirm)\b",
    r"\b(?:i|we)(?: would|'d| should|) (?:also |still |very much |really |first )*(?:like|love|wish|want|need|have|be (?:glad|happy|grateful|"
    r"pleased|interested|keen|curious)) (?:also )?(?:to (?:know|understand|learn|hear|ask|find out|be informed|be told|see (?:whether|if))|in "
    r"(?:knowing|learning|hearing|finding out|understanding))\b",
    r"\b(?:i|we)(?: am| are|'m|'re| was| were| have been)? (?:also |still |just |a bit |quite |not )*"
    r"(?:wonder(?:ing|ed)?|unsure|uncertain|curious|sure|clear|certain)(?: about)? (?:if|whether|how|what|which|who|when|where|why)\b",
    r"\b(?:i|we) (?:also |still |really )*(?:do not|don't|did not|cannot|can't) (?:know|understand|find out|see|work out|tell)"
    r" (?:yet )?(?:if|whether|which|who|when|where)\b",
    r"\bit (?:is|was|remains) (?:also |still )*(?:not |un)(?:clear|known|sure)(?: to (?:me|us))? (?:if|whether|how|what|which|who|when|where|why)\b",
    r"\bit would (?:also )?(?:help|be (?:very |most |also )*(?:helpful|useful|good|nice|interesting|great|important))"
    r"(?: for)?(?: me| us)?(?: a lot)? to (?:know|understand|learn|hear|see|have)\b",
    rf"\b(?:i|we) (?:would |'d )?(?:also |still |urgently |only |now )*(?:need|require|request|am looking for|are looking for|look for)"
    rf" (?:a |an |the |some |any |your |further |more |to have )*{_INFORMATION}\b",
    rf"\b(?:i|we) would (?:also )?(?:appreciate|welcome|be (?:grateful|thankful|glad|interested)(?: to receive| for| in| about)?)"
    rf" (?:a |an |the |some |any |your |further |more )*{_INFORMATION} (?:on|about|of|regarding|concerning|whether|if|how|to)\b",
    r"\b(?:could|can|would|will) you (?:please |kindly |perhaps |also |maybe )*(?:tell|let|explain|clarify|advise|confirm|indicate|"
    r"specify|inform|list|describe|name|send|share|give|provide|point)\b",
    r"\b(?:my|our) (?:\w+ )?question (?:is|was|concerns)\b[^:]*\w",
    r"\bi(?: would|'d)? (?:also )?(?:want|like|wanted) to ask (?:if|whether|how|what|which|who|when|where|why|you)\b",
    r"\b(?:i|we) (?:am|are) interested in (?:knowing|learning|hearing|finding out|information|how|what|whether|which)\b",
    rf"^(?:any |some |more |further ){_INFORMATION} (?:on|about|of|regarding)\b",
    # German
    r"\b(?:ich|wir) (?:möchten?|würden?|wüssten?|wollen|will) (?:\w+ ){0,4}(?:wissen|erfahren|fragen|verstehen)\b",
    r"\b(?:ich|wir) wüssten? (?:auch |noch )?gern",
    r"\b(?:möchten?|würden?|wüssten?|hätten?|wollten?) (?:ich|wir)\b.{0,60}\b(?:wissen|erfahren|fragen|gern\w*)\b",
    r"\b(?:mich|uns) (?:würde|interessiert)\b|\b(?:würde|interessiert) (?:mich|uns)\b",
    r"\b(?:teilen|sagen|erklären|erläutern|nennen|informieren|geben|senden|schicken|bestätigen) sie (?:mir|uns)\b",
    r"\bbitte (?:um|teilen|sagen|erklären|erläutern|nennen|informieren) (?!eine (?:kurze )?(?:antwort|rück))",
    r"\b(?:frage ich mich|fragen wir uns|ich frage mich|wir fragen uns)\b|\b(?:ist|bleibt) (?:mir|uns) (?:\w+ )?(?:un|nicht )klar\b",
    # French
    r"\b(?:je|nous) (?:voudrai[ts]|voudrions|souhait\w+|aimerai[ts]|aimerions|désir\w+)\b.{0,20}\b(?:savoir|connaître|comprendre|demander)\b",
    r"\b(?:j'aimerais|nous aimerions)\b.{0,20}\b(?:savoir|connaître|comprendre|demander)\b",
    r"\b(?:merci de|veuillez|pourriez-vous|pouvez-vous|prière de)\b.{0,25}\b(?:dire|indiquer|préciser|expliquer|confirmer|"
    r"faire savoir|informer|communiquer)\b|\b(?:je me demande|nous nous demandons) (?:si|comment|quel|qui|où)\b",
    # Spanish, Portuguese, Italian
    r"\b(?:quisi[eé]r\w+|me gustaría|nos gustaría|querr[ií]\w+|desear[ií]\w+|necesit(?:o|amos))\b.{0,20}\b(?:saber|conocer|preguntar|entender)\b",
    r"\b(?:me pregunto|nos preguntamos) si\b|\bpor favor,? (?:indi\w+|díga\w+|expli\w+|inform\w+|confirm\w+)",
    r"\b(?:gostar[ií]a\w*|queria\w*|pretend\w+) (?:de )?(?:\w+ )?(?:saber|conhecer|perguntar|perceber)\b|\bagradec\w+ que (?:me|nos) (?:indi|inform|diss|confirm)",
    r"\b(?:vorrei|vorremmo|mi piacerebbe|ci piacerebbe|desider\w+|avrei bisogno|avremmo bisogno)\b.{0,20}\b(?:sapere|conoscere|capire|chiedere)\b",
    r"\b(?:mi chiedo|ci chiediamo) se\b|\b(?:vi|la|le) (?:preg\w+|chied\w+) di (?:\w+ )?(?:indic|comunic|dir|spieg|conferm|far)",
    # Dutch
    r"\b(?:ik|wij|we) (?:zou|zouden|wil|willen) (?:\w+ ){0,4}(?:weten|vernemen|vragen|horen)\b|\b(?:graag (?:vernem\w+|verneem|hoor|horen) (?:ik|wij|we)\b)",
    r"\b(?:ik vraag me|wij vragen ons|we vragen ons) (?:ook )?af\b|\b(?:laat|vertel) (?:mij|ons|me) (?:\w+ )?(?:weten|of|hoe|wat)\b",
    # Polish, Czech, Slovak, Croatian, Slovenian
    r"\b(?:chciał\w+|chcieli\w+|pragn\w+)\b.{0,20}\b(?:wiedzieć|dowiedzieć|zapytać|poznać|zrozumieć)\b|\bproszę o (?:informacj|wyjaśn|podan|potwierdz)",
    r"\b(?:zastanawiam\w*|interesuje (?:mnie|nas))\b|\bproszę (?:mi |nam )?(?:powiedzieć|wyjaśnić|podać|napisać)\b",
    r"\b(?:chtěl\w*|rád\w*|chcel\w*) (?:by\w*|by (?:som|sme))\b.{0,25}\b(?:vědět|zeptat|vedieť|opýtať|dozv\w+)\b|\b(?:zajímá|zaujíma) (?:mě|nás|ma)\b",
    r"\b(?:zanima|zanimalo bi) (?:me|nas)\b|\b(?:želi[mo]\w*|željel[ai]?) (?:bi\w* )?(?:\w+ )?(?:znati|pitati|saznati|vedeti|vprašati|izvedeti)\b",
    # Hungarian, Romanian, Bulgarian, Greek
    r"\bszeretn(?:ém|énk|ék)\b.{0,20}\b(?:tudni|megtudni|megkérdezni|kérdezni)\b|\b(?:aș|am) (?:dori|vrea) să (?:\w+ )?(?:ști|afl|întreb)",
    r"\b(?:бих|бихме) (?:иска|жела)\w+ да (?:\w+ )?(?:зна|питам|попита|разбер|науч)|\bинтересува (?:ме|ни)\b",
    r"(?:θα ήθελ\w+|θα θέλ\w+|επιθυμ\w+) να (?:\w+ )?(?:μάθ|ρωτήσ|γνωρί|ξέρ)",
    # Nordic and Baltic
    r"\b(?:jag|vi) (?:skulle vilja|undrar|vill)\b.{0,12}\b(?:veta|om|fråga|hur|vilk\w+|vad|när)\b",
    r"\b(?:jeg|vi) (?:vil|ville|vil gerne|ønsker)\b.{0,15}\b(?:vide|spørge|høre)\b|\b(?:haluai\w+|haluam\w+|toivoi\w+)\b.{0,15}\b(?:tietää|kysyä|kuulla)\b",
    r"\b(?:sooviksi\w*|tahaksi\w*)\b.{0,15}\b(?:teada|küsida)\b|\b(?:norėčia\w*|norėtume)\b.{0,15}\b(?:žinoti|sužinoti|paklausti)\b",
    r"\b(?:es|mēs) vēlē?t\w*\b.{0,15}\b(?:zināt|uzzināt|jautāt)\b",
)  # fmt: skip

# Sentences that look like asking but only ask to be answered, or are politeness.
NOT_ASKING = _any(
    r"\b(?:could|can|would|will) you (?:please |kindly |perhaps )*(?:answer|reply|respond|react|look at|take care of|deal with|"
    r"help(?: (?:me|us|him|her|them))? with|forward|get back|come back)\b(?! (?:whether|if|how|what)).{0,60}$",
    r"\bhow are you\b|\bhope (?:you|this|all)\b|\bwie geht es (?:ihnen|dir)\b|\bcomment allez-vous\b",
    r"\bplease (?:let (?:me|us) know|inform (?:me|us)|tell (?:me|us)) (?:if|whether|when|should) (?:you|i can|we can|this|there is anything)"
    r"(?: \w+){0,3} (?:need|require|further|questions|more|suits|have any)\b",
    r"\b(?:looking|look) forward to\b",
    r"\b(?:would be|am|are) (?:very |most )*(?:glad|grateful|happy|thankful|pleased) (?:about|for|to (?:have|get|receive)|if) "
    r"(?:\w+ ){0,3}(?:answers?|reply|replies|response|help|support|feedback)\b(?! (?:on|about))",
    r"\bplease (?:find|see|excuse|note|accept|do not hesitate|feel free|pass|forward|confirm receipt|reply|answer|send your (?:reply|answer))\b",
    r"(?:kurze |baldige |schnelle )(?:rückmeldung|antwort)",
)  # fmt: skip
LEAD = re.compile(
    r"^(?:(?:and|but|so|then|now|also|well|ok|okay|first(?:ly| of all)?|second(?:ly)?|third(?:ly)?|fourth(?:ly)?|fifth|next|finally|lastly|"
    r"in addition|besides|further(?:more)?|moreover|additionally|in particular|practically|concretely|specifically|"
    r"last (?:thing|question|point|but not least)|one (?:more|last) (?:thing|question|point)|another (?:thing|question|point)|"
    r"erstens|zweitens|drittens|viertens|außerdem|zudem|ferner|schließlich|weiterhin|"
    r"premièrement|deuxièmement|troisièmement|enfin|ensuite|d'abord|de plus|par ailleurs|primero|segundo|tercero|además|finalmente|"
    r"por último|primo|secondo|terzo|inoltre|infine|po pierwsze|po drugie|po trzecie|ponadto|wreszcie|ten eerste|ten tweede|verder|tot slot|"
    r"for my (?:better )?(?:orientation|information|understanding)|some background first|out of curiosity)(?: \w+)?\s*[,:–]\s+)+",
    re.IGNORECASE,
)  # fmt: skip
MARKER = re.compile(
    r"^\s*(?:[-*•–—·▪◦‣o]|\(?\d{1,2}[.):]|\(?[a-z][.)]|\(?(?:iv|v?i{1,3})[.)]|q\d{0,2}\s*[.:)]|(?:question|frage) \d+\s*[.:)])(?:\s+|$)",
    re.IGNORECASE,
)
STARTS_QUESTION = re.compile(
    r"^\W*(?:(?:on|in|at|by|for|to|from|with|until|under|over|since|within) )?"
    r"(?:who|whom|whose|what|where|when|which|why|how|is|are|was|were|can|could|do|does|did|will|would|may|must|should|shall|has|have|"
    r"wer|was|wo|wann|welche\w*|warum|wie|ist|sind|gibt|kann|können|wird|werden|muss|müssen|darf|dürfen|"
    r"qui|que|quel\w*|où|quand|pourquoi|comment|combien|est-ce|existe|y a-t-il|peut|à quel\w*|"
    r"kto|co|gdzie|kiedy|jak\w*|czy|dlaczego|ile|quién\w*|qué|cuál\w*|cuándo|dónde|cómo|cuánt\w*|chi|cosa|quando|dove|come|quant\w*|"
    r"wie|wat|waar|wanneer|welke|waarom|hoe)\b",
    re.IGNORECASE,
)
ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|mr|mrs|ms|dr|prof|nr|no|art|vs|approx|incl|ca|cf|resp|bzw|z\.b|d\.h|u\.a|usw|evtl|ggf|sog|abs|"
    r"m|mme|p\.ex|sr|sra|dott|ing|tj|np|m\.in|ul|tel|st|fig|ed|vol|eds|inc|ltd)|\b[A-Z])\.$",
    re.IGNORECASE,
)

_HANDOVER = {
    "access_to_documents": (
        r"\b1049/2001\b|\bconfirmatory application\b|\baccess to documents\b|\bfreedom of information\b|\bFOI[A]? request\b",
        r"\b(?:public|partial|full|right of|request(?:ing)?|requests?|apply for|application for|ask(?:ing)? for|seek\w*|demand) "
        r"(?:\w+ )?access to (?:\w+ ){0,4}(?:documents|files|minutes|records|correspondence)\b",
        r"\bakteneinsicht\w*|\bzugang zu (?:\w+ ){0,3}(?:dokumenten|unterlagen|akten)\b|\bdokumentenzugang|\binformationsfreiheit|\bIFG-?\b",
        r"\b(?:demande d'accès|droit d'accès|accès) (?:\w+ ){0,2}(?:aux|à des|à certains) documents\b",
        r"\b(?:acceso|acesso) (?:público )?aos? (?:\w+ )?documentos\b|\bacceso a (?:los |la )?(?:documentos|información pública)\b",
        r"\baccesso (?:ai documenti|agli atti|civico)\b|\bdostęp\w* do (?:\w+ )?(?:dokumentów|informacji publicznej)\b",
        r"\btoegang tot (?:de |\w+ )?documenten\b|\bwoo-verzoek|\bacces(?:ul)? la (?:\w+ )?(?:documente|informații)|\baktindsigt",
        r"\btillgång till (?:\w+ )?handlingar\b|\butlämnande av (?:\w+ )?handlingar\b|\basiakirjapyyn\w+|\btutustua asiakirjoihin\b",
        r"\bpřístup\w* k (?:\w+ )?dokumentům\b|\bprístup\w* k (?:\w+ )?dokumentom\b|\bpristup\w* (?:dokumentima|informacijama)\b|\bdostop\w* do dokumentov\b",
        r"\bhozzáférés\w* (?:\w+ )?dokumentumok\w*|\bközérdekű adat\w*|πρόσβαση\w* σ(?:ε|τα) (?:\w+ )?έγγραφα|достъп до (?:\w+ )?документи",
        r"\bjuurdepääs\w* dokumentidele\b|\bsusipažinti su dokumentais\b|\bpiekļuv\w+ dokumentiem\b|\baċċess għad-dokumenti\b|\brochtain ar dhoiciméid\b",
    ),
    "personal_data": (
        r"\b2018/1725\b",
        r"\b(?:my|our|his|her) (?:own )?personal data\b|\bpersonal data (?:that |which )?(?:you|the \w+) (?:\w+ )?(?:hold|keep|store|process|have)\b",
        r"\b(?:delete|erase|remove|rectify|correct|access|copy of|stop processing) (?:\w+ ){0,4}(?:my|personal) (?:\w+ )?(?:data|details|information)\b",
        r"\b(?:GDPR|2016/679|data protection|privacy)\b[^.?!]{0,80}\b(?:request|right|erase|erasure|delete|complain|my data|object)\b",
        r"\b(?:request|right|exercise|article 1[5-9]|article 2[0-2])\b[^.?!]{0,60}\b(?:GDPR|2016/679)\b|\b(?:data|information) (?:that |which )?you (?:hold|have|keep|store) (?:about|on) (?:me|us)\b",
        r"\bright (?:of access to|to erasure|to be forgotten|to rectification|to object)\b|\bdata subject (?:access )?request\b|\bsubject access request\b",
        r"\b(?:meine[rn]?|unsere[rn]?) (?:personenbezogenen? )daten\b|\b(?:lösch\w+|auskunft)\b[^.?!]{0,60}\b(?:meine\w* daten|personenbezogen\w+|DSGVO)|\bDSGVO\b[^.?!]{0,60}\b(?:auskunft|lösch\w+|meine)\b",
        r"\bmes données (?:à caractère )?personnel\w*|\b(?:suppr\w+|effac\w+|accès)\b[^.?!]{0,40}\bmes données\b|\bdroit à l'(?:effacement|oubli)\b",
        r"\bmis datos (?:personales)?\b|\bi miei dati\b|\bdati personali che mi riguardano\b|\b(?:os )?meus dados (?:pessoais)?\b|\bmijn (?:persoons)?gegevens\b",
        r"\b(?:moich|moje) dan(?:ych|e) osobow\w+|\b(?:mé|moje|mojich) osobn\w+ údaj\w+|\bmoj\w* osobn\w+ podat\w+|\bszemélyes adat(?:aim|aimat)\w*|\bdatele mele\b",
        r"\bmina personuppgifter\b|\bmine personoplysninger\b|\bhenkilötieto(?:ni|jeni)\w*|\bлични(?:те)? ми данни\b|προσωπικά μου δεδομένα|\bmano asmens duomen\w+|\bmanu? personas dat\w+|\bminu isikuandme\w+",
    ),
    "complaint": (
        r"\b(?:formal|official|written|following|this) complaint\b|\b(?:lodg\w+|fil\w+|mak\w+|submit\w*|register\w*|raise) (?:a |an |this |my |our )?(?:\w+ )?complaint\b",
        r"\b(?:i|we) (?:wish|want|would like|have|am writing|are writing|write|must|hereby) (?:to )?complain\b|\bmaladministration\b|\beuropean ombudsman\b|\bcomplaint (?:about|against|regarding|concerning)\b",
        r"\b(?:dienstaufsichts)?beschwerde (?:gegen|über|ein\w+|einreichen)\b|\bbeschwere (?:ich )?mich\b|\bhiermit .{0,30}beschwerde\b|\bförmliche beschwerde\b",
        r"\b(?:réclamation|plainte) (?:formelle|contre|officielle|concernant)\b|\b(?:porter|déposer|dépose|introduire) (?:une )?(?:plainte|réclamation)\b|\bqueja (?:formal|contra|por|sobre)\b|\b(?:presentar|interponer) (?:una )?(?:queja|reclamación)\b",
        r"\breclamo (?:formale|contro|ufficiale)\b|\b(?:presentare|sporgere) (?:un )?(?:reclamo|denuncia)\b|\b(?:apresentar|formal) (?:uma )?(?:reclamação|queixa)\b|\b(?:een |formele )klacht (?:indienen|over|tegen)\b|\bklacht in te dienen\b",
        r"\b(?:składam|złożyć|formaln\w+|oficjaln\w+) (?:\w+ )?(?:skarg\w+|zażaleni\w+)|\bskarg\w+ na\b|\b(?:podávám|podat|podávam|podať) (?:\w+ )?stížnost\w*|\bsťažnosť na\b|\bpanaszt (?:teszek|szeretn\w+|nyújt\w+)|\bplângere (?:împotriva|formală)\b|\breclamație\b",
        r"\bklagomål (?:mot|på|över)\b|\bklage over\b|\bkantelu\w*\b|\bподавам жалба\b|\bоплакване (?:срещу|от)\b|υποβάλ\w+ (?:\w+ )?καταγγελία|\bpritužb\w+ (?:na|protiv)\b|\bpritožb\w+ (?:zoper|nad)\b|\bteikiu skundą\b|\bkaebus\w* esita\w*|\biesniedzu sūdzību\b",
    ),
    "press": (
        r"\b(?:i am|i'm|we are|as) (?:an? )?(?:\w+ )?(?:journalists?|reporters?|correspondents?|news editors?)\b|\bjournalist (?:at|for|with|from)\b",
        r"\b(?:press|media) (?:inquiry|enquiry|request|query|question)\b|\b(?:interview|statement|comment|quote) (?:request|for (?:our|my|an|the) (?:article|story|report|piece|programme|broadcast|newspaper|paper|magazine))\b",
        r"\b(?:request|give|grant|arrange|conduct|available for|willing to do) (?:\w+ ){0,3}(?:an )?interview\b|\bdeadline (?:for|of) (?:the|my|our|this) (?:article|story|piece|report)\b|\bon the record\b|\bwrite for (?:the )?(?:newspaper|magazine|daily|weekly)\b",
        r"\b(?:ich bin|als) (?:\w+ )?(?:journalist\w*|redakteur\w*|reporter\w*)\b|\bpresseanfrage\b|\binterviewanfrage\b|\bjournalistin? (?:bei|für|der|des)\b|\bfür (?:einen|meinen) (?:artikel|beitrag)\b",
        r"\bje suis (?:\w+ )?journaliste\b|\bjournaliste (?:à|au|pour|chez|indépendante?)\b|\bdemande (?:d'interview|presse|de presse)\b|\b(?:soy|como) (?:\w+ )?periodista\b|\bperiodista (?:de|en|del)\b",
        r"\b(?:sono|in qualità di) (?:un[a']? ?)?giornalista\b|\bgiornalista (?:di|presso|del\w*|freelance)\b|\b(?:sou|como) (?:\w+ )?jornalista\b|\bjornalista (?:do|da|no|na)\b|\bik ben (?:\w+ )?journalist\w*\b|\bpersvraag\b",
        r"\bjestem (?:\w+ )?dziennikar\w+|\bdziennikar\w+ (?:z|w|gazety|portalu)\b|\bjsem novinář\w*|\bsom novinár\w*|\bnovinar(?:ka)? (?:pri|u|iz)\b|\bújságíró\w* vagyok\b|\bsunt jurnalist\w*|\bжурналист\w* (?:от|съм|във?)\b|είμαι δημοσιογράφος",
        r"\bjag är (?:\w+ )?journalist|\bjeg er (?:\w+ )?journalist|\bolen toimittaja\b|\bolen ajakirjanik\b|\besu žurnalist\w+|\besmu žurnālist\w+",
    ),
}  # fmt: skip
HANDOVER = {kind: [_any(pattern) for pattern in patterns] for kind, patterns in _HANDOVER.items()}
PRESS_SIGNATURE = _any(
    r"^\W*(?:\w+ ){0,3}(?:journalist\w*|reporter\w*|news ?desk|correspondent|redakteur\w*|giornalista|periodista|dziennikar\w+|jornalista|novinář\w*|újságíró)\b"
)
COMPLAINT_SUBJECT = _any(
    r"^\W*(?:re: )?(?:\w+ ){0,2}(?:complaint|beschwerde|réclamation|plainte|reclamo|queja|reclamación|skarga|reclamação|klacht|stížnost|sťažnosť|panasz|plângere|klagomål|жалба|καταγγελία|παράπονο)\b"
)
