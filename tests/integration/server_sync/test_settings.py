"""What an operator sets for the chain holds at the next contact of every device, and reaches it."""

from __future__ import annotations

import pytest

from shared.errors import UserError
from sync_server.chain.service import SETTINGS, set_setting, settings
from sync_server.db.sessions import Database


def test_given_a_new_chain_then_the_standards_hold(fresh_database: Database) -> None:
    with fresh_database.reading() as connection:
        assert settings(connection) == {key: setting.standard for key, setting in SETTINGS.items()}


def test_given_a_setting_is_set_twice_then_the_last_value_holds_and_is_fed(fresh_database: Database) -> None:
    for text in ("26", "104"):
        with fresh_database.writing() as connection:
            set_setting(connection, "sales_weeks_kept", text)
    with fresh_database.reading() as connection:
        assert settings(connection)["sales_weeks_kept"] == 104
        fed = connection.exec_driver_sql("SELECT count(*), max(version) FROM sync_row WHERE entity = 'setting'").one()
    assert tuple(fed) == (1, 2)


@pytest.mark.parametrize(
    ("key", "text", "code"),
    [
        ("colour", "red", "setting_unknown"),
        ("sales_weeks_kept", "0", "setting_invalid"),
        ("sales_weeks_kept", "many", "setting_invalid"),
        ("share_across_stores", "perhaps", "setting_invalid"),
    ],
)
def test_given_nonsense_then_nothing_is_set(fresh_database: Database, key: str, text: str, code: str) -> None:
    with fresh_database.writing() as connection, pytest.raises(UserError) as refusal:
        set_setting(connection, key, text)
    assert refusal.value.code == code
    with fresh_database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM setting").scalar_one() == 0
