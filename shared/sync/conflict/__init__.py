"""How two concurrent changes of one field are settled: one small file per policy, found through ``registry``."""

from shared.sync.conflict.registry import RULES, rule_for
from shared.sync.conflict.sides import Attention, Rule, Settled, Sides, Stands

__all__ = ["RULES", "Attention", "Rule", "Settled", "Sides", "Stands", "rule_for"]
