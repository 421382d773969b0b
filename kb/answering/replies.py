"""Replies: the sentences that the assistant says of its own; none of them states a fact."""

CONTACT = "contact@s3-cop.eu"
RECOMMENDATIONS = "**What you can do**"
CLARIFY = (
    "Please say a little more: which partnership, call, service or problem do you mean, and for "
    "whom do you ask?"
)
NOTHING_FOUND = (
    "The knowledge base holds no source that answers this question, so nothing is claimed here. "
    f"The nearest topics are listed below; the S3 CoP secretariat can help: {CONTACT}."
)
UNKNOWN = (
    "The sources of this knowledge base do not say this (subject: {topic}). "
    f"The nearest topics are listed below; the S3 CoP secretariat can help: {CONTACT}."
)
OUTSIDE = (
    "This question lies outside what this assistant is for: interregional partnerships, smart "
    "specialisation and their funding. {reply}"
)
DEADLINE_PASSED = "«{section}» concerns something that ended on {day}."
ARCHIVED = "«{section}» rests on archived pages of the former S3 Platform and may be out of date."
CONDITION = "Not quoted here: {sections} also holds a condition, exception or deadline."
CONFLICT = "Two sources give different figures here; both are quoted."
OLDER = "Two sources of different dates give different figures here; the newer one is [{newer}]."
FALLBACK = (
    "The language model's text was not used, because it could not be checked against the sources; "
    "these are the sentences of the knowledge base."
)
TRANSLATED = "Machine translation; the English sentence that was checked against the source stands beside it."
UNTRANSLATED = "A faithful translation could not be made; the sentences are given in English."
