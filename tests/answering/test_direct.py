"""An entry of the FAQ that opens with yes or no is taken whole only where that was asked."""

import pytest

from kb.answering.compose import _REPLYING, _WHETHER


@pytest.mark.parametrize(
    "text",
    [
        "Can we join?", "Is there a fee?", "We are small; may we lead?", "Tell me whether we can join.",
        "Our region is new, and do we have to pay?",
    ],
)  # fmt: skip
def test_whether_something_is_so_is_asked(text):
    assert _WHETHER.search(text)


@pytest.mark.parametrize(
    "text",
    ["How can we join?", "Why must there be 20 regions?", "Which regions are in it?", "Fees"],
)
def test_it_is_not_asked(text):
    assert not _WHETHER.search(text)


def test_a_reply_word_is_known():
    assert _REPLYING.match("Yes, some do.")
    assert _REPLYING.match("Not always: some do.")
    assert _REPLYING.match("Not simply on its own account: a company takes part with its region.")
    assert not _REPLYING.match("Notices are given.")
    assert not _REPLYING.match("Not every region could sign the same text in 2018.")
