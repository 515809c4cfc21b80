"""Started by root under a closed folder (a clone in root's home), the embedded database must still find its programs."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from sync_server.db import embedded

MAY_READ = "import os, sys; sys.exit(not os.access(sys.argv[1], os.R_OK))"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root gives its rights away")
def test_given_root_and_a_closed_folder_when_a_program_runs_as_nobody_then_it_may_still_look_inside(
    tmp_path: Path,
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    (closed / "inside").write_text("x")

    embedded.run_program(Path(sys.executable), "-c", MAY_READ, str(closed / "inside"))
