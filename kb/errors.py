"""What can go wrong; every message says what happened, to which item, and what to do.

KBError
├── SettingsError        a setting is unknown or has an unusable value
├── SourceError          a source cannot be read or fetched
├── QuestionError        a question, history or batch line is refused
├── IndexStateError      the index cannot be used
│   ├── IndexMissing     there is none yet
│   ├── IndexMismatch    it was built with another model or layout
│   ├── IndexDamaged     a file is missing or has changed
│   └── IndexLocked      another process is writing, or the folder is read-only
├── JournalError         the database cannot be used
├── EmbeddingError       the model is missing, changed or cannot be loaded
├── BackupError          an archive cannot be written, read or restored
├── GenerationError      a language model did not give a usable text
└── DeskError            an action of the console is refused
    ├── NotFound         there is no such item (any more)
    ├── NotAllowed       the account may not do this
    └── ChangedMeanwhile somebody else has saved the item
"""


class KBError(Exception):
    """Root of all expected errors; the message is written for the person who reads it."""


class SettingsError(KBError):
    """A setting is unknown or has an unusable value."""


class SourceError(KBError):
    """A source cannot be read or fetched."""


class QuestionError(KBError):
    """A question, a history or a batch line is refused."""


class IndexStateError(KBError):
    """The index cannot be used."""


class IndexMissing(IndexStateError):
    """No index has been built yet."""


class IndexMismatch(IndexStateError):
    """The index was built with another model or layout."""


class IndexDamaged(IndexStateError):
    """A file of the index is missing or has changed."""


class IndexLocked(IndexStateError):
    """Another process is writing the index, or its folder cannot be written."""


class EmbeddingError(KBError):
    """The model is missing, changed or cannot be loaded."""


class GenerationError(KBError):
    """A language model did not give a usable text."""


class JournalError(KBError):
    """The database of ratings, questions and inquiries cannot be used."""


class BackupError(KBError):
    """An archive cannot be written, read or restored."""


class DeskError(KBError):
    """An action of the console is refused."""


class NotFound(DeskError):
    """There is no such item, or it has been deleted."""


class NotAllowed(DeskError):
    """The account may not do this."""


class ChangedMeanwhile(DeskError):
    """Somebody else has saved the item since it was read."""
