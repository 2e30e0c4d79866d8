"""The README's commands, as a reader types them: they run, and what they show is what it says."""

import os
import re
import subprocess
import unittest
from pathlib import Path

from command import CIM, CommandTest

ROOT = Path(__file__).parents[2]


def shell_blocks(section):
    """The shell blocks below a heading."""
    text = (ROOT / "README.md").read_text()
    body = text.split(f"\n## {section}\n")[1].split("\n## ")[0]
    return re.findall(r"```sh\n(.*?)```", body, re.DOTALL)


class FiveMinutes(CommandTest):
    def test_run_as_they_stand(self):
        script = "\n".join(shell_blocks("Five minutes"))
        # The command is built already; following a log would never end; the store is the test's own.
        script = re.sub(r"^\./dev build && .*$", "", script, flags=re.MULTILINE)
        script = re.sub(r"^cim tail", "timeout -s INT 1 cim tail", script, flags=re.MULTILINE)
        repository = self.repository(5)
        environment = {**self.environment, "CIM_STORE": self.store, "PATH": f"{Path(CIM).parent}:{os.environ['PATH']}"}
        ran = subprocess.run(["bash", "-c", f"set -o pipefail\ntrap 'echo FAILED: $BASH_COMMAND >&2; failed=1' ERR\n{script}\n"
                              "exit ${failed-0}"], cwd=repository, env=environment, capture_output=True, text=True,
                             timeout=60, check=False)
        failures = [line for line in ran.stderr.splitlines() if line.startswith("FAILED") and "cim tail" not in line]
        self.assertEqual(failures, [], ran.stderr)
        self.assertTrue((repository / "history.svg").read_text().startswith("<"))
        for shown in ("bafyrei", "graph-123", "DependsOn"):
            self.assertIn(shown, ran.stdout)


if __name__ == "__main__":
    unittest.main()
