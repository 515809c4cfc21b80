"""What the kinds of inbox entries are called, and what whoever reads one is to do about it."""

from __future__ import annotations

from collections.abc import Mapping

from shared.sync.decision import EntryKind

KIND_WORDS: Mapping[str, str] = {
    EntryKind.CONFLICT: "Conflict",
    EntryKind.REMOVAL: "Removed and changed",
    EntryKind.MERGED: "Merged automatically",
    EntryKind.SAME_PERSON: "Same person?",
    EntryKind.REFUSED: "Not taken",
    EntryKind.DISCREPANCY: "Stock to be looked at",
    EntryKind.DANGLING: "Something is missing",
    EntryKind.RECOVERY: "Back after a restore",
    EntryKind.COMPENSATION: "A promise to make good",
    EntryKind.DUPLICATE_RECEIPT: "Receipt number used twice",
    EntryKind.QUARANTINE: "Kept of a revoked device",
    EntryKind.DIVERGENCE: "Priced differently",
    EntryKind.INTEGRITY: "Figures that do not agree",
}
ADVICE: Mapping[str, str] = {
    EntryKind.CONFLICT: "Choose the value that is right, or write another one.",
    EntryKind.REMOVAL: "Choose whether it stays away or comes back.",
    EntryKind.MERGED: "Nothing is to be done.",
    EntryKind.SAME_PERSON: "Look at both profiles, and say whether they are one person.",
    EntryKind.REFUSED: "Open the sync centre on the device that sent it: send it again, or set it aside.",
    EntryKind.DISCREPANCY: "Count what is there, correct the stock, and take note of this.",
    EntryKind.DANGLING: "Wait for it or, where it is still wanted, make it anew; and take note of this.",
    EntryKind.RECOVERY: "Compare it with what is there now, and take note of this.",
    EntryKind.COMPENSATION: "It closes by itself once the order is handed out, provided for or cancelled.",
    EntryKind.DUPLICATE_RECEIPT: "Switch the copy off, let it join anew, and take note of this.",
    EntryKind.QUARANTINE: "Ask the operator whether it is to be applied or discarded; this closes by itself.",
    EntryKind.DIVERGENCE: "Report it to whoever looks after this system, and take note of this.",
    EntryKind.INTEGRITY: "Tell the operator, and take note of this once it is put right.",
}


def kind_words(kind: str) -> str:
    """What a kind is called; the kind itself where a newer server knows more of them."""
    return KIND_WORDS.get(kind, kind.replace("_", " ").capitalize())


def advice_on(kind: str) -> str:
    """What to do about an entry of this kind, in a sentence."""
    return ADVICE.get(kind, "Update this program: the server knows more about it. Until then, take note of this.")
