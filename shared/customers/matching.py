"""Whether two profiles are the same person: keys that find candidates, and the evidence for and against a pair.

Evidence is added up in tenths of bits, after I. P. Fellegi and A. B. Sunter, *A Theory for Record Linkage*, JASA 64
(1969): what agrees speaks for one person by how seldom strangers agree in it, what differs speaks against it by how
seldom one person's profiles do. The weights were fitted on one of the given sets of made-up persons and tested on the
others (docs/decisions/0016). A pair is only ever proposed: a person decides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import NamedTuple

from shared.customers.contact_keys import email_key, name_key, name_words, phone_key
from shared.customers.likeness import alikeness

PROPOSE_FROM = 80
"""The evidence, in tenths of bits, from which a pair is proposed."""

_ALIKE = 850
_NEARLY = 930
_SAME_NAME = {1: 45, 2: 70}
"""A whole name that agrees, by its number of pieces: many share a single one."""
_HOUSEHOLD_MAX = 20
"""What a shared telephone and address are worth where the names are two people's: a household."""
_SAME_ADDRESS_FROM = 120
_DIGITS = re.compile(r"\d+")
_NAME_PIECES_MAX = 6
_TOKEN_LETTERS = 4


class Reason(StrEnum):
    """What speaks for one person."""

    NUMBER = "number"
    EMAIL = "email"
    PHONE = "phone"
    NAME = "name"
    SIMILAR_NAME = "similar_name"
    ADDRESS = "address"
    SIMILAR_ADDRESS = "similar_address"


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address: street with house number, town, postcode."""

    street: str = ""
    city: str = ""
    postcode: str = ""


@dataclass(frozen=True, slots=True)
class Profile:
    """What a customer is recognised by, as typed."""

    name: str
    email: str = ""
    phone: str = ""
    addresses: tuple[Address, ...] = ()
    number: str = ""


@dataclass(frozen=True, slots=True)
class Likeness:
    """What speaks for one person.

    Attributes:
        evidence: for (positive) and against (negative), in tenths of bits.
        reasons: what agrees, the strongest first.
    """

    evidence: int
    reasons: tuple[Reason, ...]

    @property
    def is_proposed(self) -> bool:
        """Whether somebody should be asked."""
        return self.evidence >= PROPOSE_FROM


def addresses_of(stored: object) -> tuple[Address, ...]:
    """The addresses of a customer's profile as it is stored; what is not one is left out."""
    if not isinstance(stored, list):
        return ()
    named = ("street", "city", "postcode")
    return tuple(Address(*(str(each.get(name) or "") for name in named)) for each in stored if isinstance(each, dict))


def candidate_keys(profile: Profile) -> frozenset[str]:
    """Keys of which two profiles of one person very probably share one; most strangers share none."""
    keys: set[str] = set()
    email, phone, name = email_key(profile.email), phone_key(profile.phone), name_key(profile.name)
    if profile.number:
        keys.add(f"k:{profile.number}")
    if email:
        keys.add(f"e:{email}")
    if phone:
        keys.add(f"t:{phone}")
    pieces = name.split()[:_NAME_PIECES_MAX]
    if len(pieces) > 1:
        keys.add(f"n:{name.replace(' ', '')}")
    for address in profile.addresses:
        keys |= _address_keys(address, pieces)
    return frozenset(keys)


def _address_keys(address: Address, pieces: list[str]) -> set[str]:
    number, street = _house(address.street)
    city, postcode = _plain(address.city), _plain(address.postcode)
    keys = set()
    for piece in pieces:
        begin = piece[:_TOKEN_LETTERS]
        keys |= {f"p:{postcode}:{begin}"} if postcode else set()
        keys |= {f"h:{number}:{begin}:{street[:1]}"} if number else set()
        keys |= {f"s:{street}:{begin}"} if street else set()
        keys |= {f"c:{city}:{piece}"} if city else set()
    if number and street:
        keys |= {f"a:{number}:{street[:5]}"}
    if number and postcode:
        keys |= {f"b:{number}:{postcode}"}
    return keys


def likeness(first: Profile, second: Profile) -> Likeness:
    """The evidence that two profiles are one person; the same whichever is given first."""
    names = _names(first.name, second.name)
    email = _contact(email_key(first.email), email_key(second.email), Reason.EMAIL, agrees=110, differs=-15)
    phone = _contact(phone_key(first.phone), phone_key(second.phone), Reason.PHONE, agrees=70, differs=-15)
    address = _addresses(first.addresses, second.addresses)
    number = _Clue(110, Reason.NUMBER) if first.number and first.number == second.number else _Clue()
    found = (number, names.clue, email, phone, address)
    household = phone.weight + address.weight
    evidence = number.weight + names.clue.weight + email.weight
    evidence += min(household, _HOUSEHOLD_MAX) if names.are_two else household
    agreeing = sorted((clue for clue in found if clue.weight > 0), key=lambda clue: -clue.weight)
    return Likeness(evidence, tuple(clue.reason for clue in agreeing if clue.reason is not None))


class _Clue(NamedTuple):
    """What one kind of detail says."""

    weight: int = 0
    reason: Reason | None = None


class _Names(NamedTuple):
    """What the names say, and whether they plainly name two people."""

    clue: _Clue = _Clue()
    are_two: bool = False


def _contact(first: str, second: str, reason: Reason, *, agrees: int, differs: int) -> _Clue:
    if not first or not second:
        return _Clue()
    return _Clue(agrees, reason) if first == second else _Clue(differs)


def _names(first_typed: str, second_typed: str) -> _Names:
    """Names without case, accents and order; pieces are paired as well as they can be."""
    first, second = name_key(first_typed), name_key(second_typed)
    if not first or not second:
        return _Names()
    if first == second or first.replace(" ", "") == second.replace(" ", ""):
        return _Names(_Clue(_SAME_NAME[min(2, len(first.split()))], Reason.NAME))
    pieces = first.split()[:_NAME_PIECES_MAX], second.split()[:_NAME_PIECES_MAX]
    short, long = sorted(pieces, key=lambda each: (len(each), each))
    weights = [_piece_weight(*pair) for pair in _paired(short, long)]
    weight = sum(weights) - 5 * (len(long) - len(short))
    # One family shares a surname, a telephone and an address; two people of one first name rarely live together, but
    # one person may have married.
    are_two = min(weights) < 0 and _piece_weight(*sorted((_first_name(first_typed), _first_name(second_typed)))) < 0
    return _Names(_Clue(weight, Reason.SIMILAR_NAME if weight > 0 else None), are_two)


def _first_name(typed: str) -> str:
    """``anna`` of ``Anna Price`` and of ``Price, Anna``."""
    words = name_words(typed.rpartition(",")[2]) or name_words(typed)
    return words[0] if words else ""


def _paired(short: list[str], long: list[str]) -> list[tuple[str, str]]:
    """Each piece of the shorter name with its partner: the closest two pieces first, each piece once."""
    every = product(enumerate(short), enumerate(long))
    scored = sorted(
        ((alikeness(*sorted((one, other))), at, place) for (at, one), (place, other) in every), reverse=True
    )
    partner_of: dict[int, int] = {}
    for _, at, place in scored:
        if at not in partner_of and place not in partner_of.values():
            partner_of[at] = place
    return [(short[at], long[place]) for at, place in sorted(partner_of.items())]


def _piece_weight(one: str, other: str) -> int:
    if one == other:
        return 45
    if not one or not other:
        return -45
    if min(len(one), len(other)) == 1:
        return 10 if one[0] == other[0] else -45
    alike = alikeness(*sorted((one, other)))
    if alike >= _NEARLY:
        return 35
    return 22 if alike >= _ALIKE else -45


def _addresses(first: tuple[Address, ...], second: tuple[Address, ...]) -> _Clue:
    """The best pair of addresses: people have several, and one that agrees is enough."""
    best = max((_address(one, other) for one, other in product(first, second)), default=0)
    if best <= 0:
        return _Clue(best)
    return _Clue(best, Reason.ADDRESS if best >= _SAME_ADDRESS_FROM else Reason.SIMILAR_ADDRESS)


def _address(first: Address, second: Address) -> int:
    return (
        _street_weight(first.street, second.street)
        + _part_weight(_plain(first.city), _plain(second.city), 30)
        + _part_weight(_plain(first.postcode), _plain(second.postcode), 40)
    )


def _street_weight(first: str, second: str) -> int:
    (number, street), (other_number, other_street) = _house(first), _house(second)
    weight = _part_weight(street, other_street, 50)
    if number and other_number:
        weight += 25 if number == other_number else -10
    return weight


def _part_weight(first: str, second: str, agrees: int) -> int:
    if not first or not second:
        return 0
    alike = alikeness(*sorted((first, second)))
    if alike == 1_000:
        return agrees
    if alike >= _NEARLY:
        return agrees * 3 // 4
    return agrees // 2 if alike >= _ALIKE else -20


def _house(street: str) -> tuple[str, str]:
    """The house number, and the street's name in plain letters: ``12 High St.`` is ``("12", "highst")``."""
    number = _DIGITS.search(street)
    return (number.group() if number else ""), _plain(_DIGITS.sub("", street))


def _plain(text: str) -> str:
    return name_key(" ".join(text.split())).replace(" ", "") if text else ""
