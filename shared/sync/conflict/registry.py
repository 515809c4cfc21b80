"""Every policy and its rule. A policy without a rule fails the contract test that walks this table."""

from __future__ import annotations

from collections.abc import Mapping

from shared.schema.base import Policy
from shared.sync.conflict import add_wins, archive_wins, derived, fixed, merge, once, restrict, review, server
from shared.sync.conflict.sides import Rule

RULES: Mapping[Policy, Rule] = {
    Policy.FIXED: fixed.RULE,
    Policy.MERGE: merge.RULE,
    Policy.REVIEW: review.RULE,
    Policy.ADD_WINS: add_wins.RULE,
    Policy.RESTRICT: restrict.RULE,
    Policy.ARCHIVE_WINS: archive_wins.RULE,
    Policy.SERVER: server.RULE,
    Policy.DERIVED: derived.RULE,
    Policy.ONCE: once.RULE,
}


def rule_for(policy: Policy) -> Rule:
    """The rule of a policy."""
    return RULES[policy]
