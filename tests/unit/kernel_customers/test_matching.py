"""Whether two profiles are one person: what is proposed, what is a household, and how well it does on made-up persons."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.customers.likeness import ALIKE_MAX, alikeness
from shared.customers.matching import Address, Profile, Reason, addresses_of, candidate_keys, likeness

BLOCK_MAX = 50
QUAY = (Address("12 Quay Lane", "Whitby", "YO21 3QA"),)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Profile("Anna Price", "anna@example.com"), Profile("A. P.", "ANNA@example.com")),
        (Profile("Anna Price", phone="020 7946 0018"), Profile("Price, Anna", phone="+44 20 7946 0018")),
        (Profile("Inês Carvalho", addresses=QUAY), Profile("Ines Carvalho", addresses=QUAY)),
        (Profile("Sarah Coulson", addresses=QUAY), Profile("Sarah Alves", addresses=QUAY)),
        (Profile("Jon Smith", number="C-7"), Profile("John Smith", number="C-7")),
        (
            Profile("Mitchell Mason", addresses=(Address("47 Edkins Street", "North Ryde", "3355"),)),
            Profile("Mitchel Maxon", addresses=(Address("47 Edkins Stret", "North Ryde", "3355"),)),
        ),
    ],
)
def test_given_one_person_typed_twice_then_a_candidate_is_found_and_proposed(first: Profile, second: Profile) -> None:
    assert candidate_keys(first) & candidate_keys(second)
    assert likeness(first, second).is_proposed


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Profile("Anna Price", phone="020 7946 0018"), Profile("Ben Price", phone="020 7946 0018")),
        (
            Profile("Anna Price", phone="020 7946 0018", addresses=QUAY),
            Profile("Ben Price", phone="020 7946 0018", addresses=QUAY),
        ),
        (Profile("Anna Price"), Profile("Anna Price")),
        (Profile("Anna Price", "anna@example.com"), Profile("Anna Price", "a.price@example.org")),
        (Profile("Jack Price", "office@example.com"), Profile("Anna Cole", "office@example.com")),
        (Profile(""), Profile("")),
    ],
)
def test_given_a_household_or_two_of_one_name_then_nobody_is_asked(first: Profile, second: Profile) -> None:
    assert not likeness(first, second).is_proposed


def test_given_what_agrees_then_the_reasons_name_it_and_never_its_value() -> None:
    first = Profile("Anna Price", "anna@example.com", "020 7946 0018")
    second = Profile("Anna Price", "anna@example.com", "+44 20 7946 0018")
    assert likeness(first, second).reasons == (Reason.EMAIL, Reason.NAME, Reason.PHONE)


_texts = st.text(alphabet="abc d", max_size=8)


@given(_texts, _texts)
def test_given_two_texts_then_their_alikeness_is_bounded_and_full_only_for_the_same(first: str, second: str) -> None:
    assert 0 <= alikeness(first, second) <= ALIKE_MAX
    if first != second:
        assert alikeness(first, second) < ALIKE_MAX


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [("martha", "marhta", 961), ("dwayne", "duane", 840), ("dixon", "dicksonx", 813)],
)
def test_given_the_pairs_of_the_literature_then_alikeness_is_the_published_one(
    first: str, second: str, expected: int
) -> None:
    assert abs(alikeness(first, second) - expected) <= 1


_profiles = st.builds(
    Profile,
    st.sampled_from(["Anna Price", "Price Anna", "Ann Price", "Ben Price", "A.", ""]),
    st.sampled_from(["", "a@x.de", "b@x.de"]),
    st.sampled_from(["", "020 7946 0018", "123456"]),
    st.sampled_from([(), QUAY, (Address("1 Quay Lane", "Whitby", "YO21"), *QUAY)]),
)


@given(_profiles, _profiles)
def test_given_two_profiles_then_it_does_not_matter_which_is_named_first(first: Profile, second: Profile) -> None:
    assert likeness(first, second) == likeness(second, first)


def test_given_what_is_stored_as_addresses_then_what_is_none_is_left_out() -> None:
    assert addresses_of([{"street": "1 Quay", "city": None}, "nowhere", 7]) == (Address("1 Quay", "", ""),)
    assert addresses_of(None) == ()


def _persons(file: Path) -> dict[str, Profile]:
    """Profiles by record; names and addresses alone, as a shop has them: no birthday, no number of the state."""
    found = {}
    with file.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, skipinitialspace=True):
            known = {name.strip(): (value or "").strip() for name, value in row.items()}
            if not known["rec_id"]:
                continue
            street = f"{known['street_number']} {known['address_1']}".strip()
            address = Address(street, known["suburb"], known["postcode"])
            found[known["rec_id"]] = Profile(f"{known['given_name']} {known['surname']}", addresses=(address,))
    return found


def _person(record: str) -> str:
    return record.split("-")[1]


def _precision_and_recall(left: Mapping[str, Profile], right: Mapping[str, Profile]) -> tuple[int, int, int]:
    """(pairs proposed that are one person, that are not, pairs that are one person in all)."""
    by_key: dict[str, list[str]] = defaultdict(list)
    for record, profile in right.items():
        for key in candidate_keys(profile):
            by_key[key].append(record)
    pairs = set()
    for record, profile in left.items():
        for key in candidate_keys(profile):
            if len(by_key[key]) <= BLOCK_MAX:
                pairs |= {(record, other) for other in by_key[key] if other != record}
    if left is right:
        pairs = {(one, other) for one, other in pairs if one < other}
        true = sum(1 for one, other in combinations(left, 2) if _person(one) == _person(other))
    else:
        people = Counter(map(_person, right))
        true = sum(people[_person(record)] for record in left)
    proposed = [pair for pair in pairs if likeness(left[pair[0]], right[pair[1]]).is_proposed]
    right_ones = sum(_person(one) == _person(other) for one, other in proposed)
    return right_ones, len(proposed) - right_ones, true


@pytest.mark.realdata
def test_given_made_up_persons_when_matched_then_next_to_nothing_is_wrong_and_most_are_found(shared_data: Path) -> None:
    """Fitted on the first set alone. What is missed is a changed first name at one address: a household to a shop."""
    folder = shared_data / "person-matching"
    fitted, left, right = (_persons(folder / name) for name in ("dataset1.csv", "dataset4a.csv", "dataset4b.csv"))
    found, wrong, true = _precision_and_recall(fitted, fitted)
    assert (wrong, found / true > 0.87) == (0, True), (found, wrong, true)
    found, wrong, true = _precision_and_recall(left, right)
    print(f"\nprecision {found / (found + wrong):.4f}, recall {found / true:.4f} of {true:,} pairs")
    assert true == 5_000
    assert wrong <= 5, (found, wrong, true)
    assert found / true > 0.87, (found, wrong, true)
