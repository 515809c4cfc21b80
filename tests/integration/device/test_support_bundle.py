"""The support bundle tells a helper everything but who, what and how much: secrets are planted everywhere and sought."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from desktop.main import EXIT_FINE, run
from desktop.paths import Home
from desktop.replica import identity, outbox, sync_events
from desktop.replica.engine import Replica
from desktop.replica.identity import identity_of
from desktop.settings import Settings
from desktop.usecases.censoring import Censor
from desktop.usecases.line_state import LineFacts, LineState
from desktop.usecases.support_bundle import Bundle, contents, gather, save
from shared.clock import SettableClock
from shared.errors import EnvironmentFailure
from shared.ids import TimeOrderedIds
from shared.sync.operations import Verb
from shared.sync.wire import MutationResult
from tests.helpers.replica import PIN_HASHES, TinyShop

SECRETS = (
    "Wilhelmina Fothergill",
    "Fothergill",
    "wilhelmina@fothergill.example",
    "+44 20 7946 0999",
    "Cardamom truffles",
    "truffles",
    "TRF-CARD-9",
    "8412.37",
    "841237",
    "8412370000",
    "tok_live_9f8e7d6c",
    "4111",
    "eyJhbGciOiJFZERTQSJ9.secret.signature",
    PIN_HASHES["mara"],
    "argon2",
    "Mara K.",
    "Anna Winter",
    "anna@example.com",
    "Till by Fothergill",
    "operator:hunter2",
    "hunter2",
)
TOLD = (
    "Wilhelmina Fothergill (wilhelmina@fothergill.example, +44 20 7946 0999) owes £8412.37 for Cardamom truffles "
    "TRF-CARD-9, card 4111 tok_live_9f8e7d6c, bearer eyJhbGciOiJFZERTQSJ9.secret.signature, hash "
    f"{PIN_HASHES['mara']}"
)


class NoServer:
    """Answers nothing, and says so with a secret in it."""

    def __init__(self, url: str) -> None:
        self.url = url

    def server_time(self) -> int:
        raise EnvironmentFailure("server_unreachable", f"No answer from {self.url}: {TOLD}")

    def close(self) -> None:
        pass


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path)
    made.make()
    return made


def plant(replica: Replica, shop: TinyShop, home: Home) -> None:
    """Secrets in every place that is looked at: changes, their refusals, events, the log, the identity."""
    row: dict[str, object] = {
        "id": b"c" * 16,
        "name": "Wilhelmina Fothergill",
        "email": "wilhelmina@fothergill.example",
        "phone": "+44 20 7946 0999",
        "attributes": {"Cardamom truffles": "TRF-CARD-9", "total": 841237, "Wilhelmina Fothergill": 8412370000},
        "pin_hash": PIN_HASHES["mara"],
        "reference": {"token": "tok_live_9f8e7d6c", "last4": "4111"},
        "children": {"sale_line": [["Cardamom truffles", 841237, b"tok_live_9f8e7d6c"]]},
    }
    with replica.write() as unit:
        for _ in range(2):
            outbox.append(
                unit.connection,
                mutation_id=unit.ids.new(),
                entity="customer",
                verb=Verb.CREATE,
                entity_id=shop.customer_id.bytes,
                arguments={"row": row},
                made_at=1,
            )
        refused = [MutationResult(1, "refused", "field_invalid", TOLD)]
        outbox.settle_answers(unit.connection, last_number=1, results=refused, answered_at=2)
        for kind in ("refused", "failed", "note", "sent", "received"):
            text = TOLD if kind not in ("sent", "received") else f"Sent 3. {TOLD.replace('8412.37', 'much')}"
            sync_events.add(unit.connection, 5, kind, text)
        identity.change_identity(
            unit.connection, name="Till by Fothergill", server_url="https://operator:hunter2@shop.example:8443"
        )
    stamp = "2026-11-18 12:00:00,123 INFO sync-cycle counterfoil.sync"
    lines = [f"{stamp} cycle failed: {TOLD}", f"Traceback: {TOLD}", TOLD, f'  File "x.py", line 3\n    {TOLD}']
    (home.logs / "counterfoil.log").write_text("\n".join(lines), encoding="utf-8")


def gathered(home: Home, replica: Replica, clock: SettableClock) -> Bundle:
    line = LineFacts(LineState.OFFLINE, last_error=TOLD, hold_up=TOLD)
    ids = TimeOrderedIds(clock)
    return gather(home, Settings(secrets="file"), NoServer, clock=clock, ids=ids, replica=replica, line=line)


def test_given_secrets_planted_everywhere_when_the_bundle_is_saved_then_none_is_in_it(
    replica: Replica, tiny_shop: TinyShop, home: Home, clock: SettableClock, tmp_path: Path
) -> None:
    plant(replica, tiny_shop, home)

    path = save(gathered(home, replica, clock), tmp_path / "out" / "bundle.zip")

    with zipfile.ZipFile(path) as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    for name, text in texts.items():
        for secret in SECRETS:
            assert secret.lower() not in text.lower(), (secret, name)
        with replica.read() as connection:
            me = identity_of(connection)
        for key in (me.succession, me.successor, me.fingerprint.encode()):
            assert not key or key.hex() not in text
    assert path.stat().st_mode & 0o077 == 0


def test_given_a_refused_change_when_bundled_then_its_code_fields_and_shapes_are_there(
    replica: Replica, tiny_shop: TinyShop, home: Home, clock: SettableClock
) -> None:
    plant(replica, tiny_shop, home)

    bundle = gathered(home, replica, clock)

    texts = {part.name: part.text for part in bundle.parts}
    changes = json.loads(texts["changes.json"])
    assert [(each["state"], each["code"]) for each in changes] == [("refused", "field_invalid"), ("waiting", "")]
    row = changes[0]["content"]["row"]
    assert row["email"].startswith("<text of 29 #")
    assert row["email"] == changes[1]["content"]["row"]["email"], "equal values can be told within one bundle"
    assert "catalogue" in {each["scope"] for each in json.loads(texts["sync.json"])["scopes"]}
    assert json.loads(texts["replica.json"])["rows"]["product"] == len(tiny_shop.products)
    assert "2026-11-18 12:00:00,123 INFO sync-cycle counterfoil.sync cycle failed:" in texts["log.txt"]
    assert json.loads(texts["about.json"])["device"]["server"] == "https://shop.example:8443"
    assert [line.split()[0] for line in contents(bundle)] == [part.name for part in bundle.parts]


def test_given_two_bundles_of_one_value_then_its_tags_do_not_compare() -> None:
    assert Censor(b"a" * 32).tag("841237") != Censor(b"b" * 32).tag("841237")


def test_given_a_home_without_a_shop_when_the_command_runs_then_there_is_a_bundle_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "help.zip"
    assert run(["support-bundle", "--home", str(tmp_path / "nobody"), "--list"]) == EXIT_FINE
    assert not out.exists()
    assert "doctor.txt" in capsys.readouterr().out

    assert run(["support-bundle", "--home", str(tmp_path / "nobody"), "--out", str(out)]) == EXIT_FINE
    with zipfile.ZipFile(out) as archive:
        assert {"README.txt", "doctor.txt", "log.txt"} <= set(archive.namelist())
