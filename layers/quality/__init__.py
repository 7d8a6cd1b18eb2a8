"""
Quality as a layer: the rules of `layers.quality_rules` run over what is stored, and what became of faults.

`check` finds, `of_run` tells of the rows that an import refused, `proposals` shows how a fault could be
mended, and `decide` accepts, repairs or refuses.
"""

from layers.quality.check import Checked, check, checkable
from layers.quality.received import of_run

__all__ = ["Checked", "check", "checkable", "of_run"]
