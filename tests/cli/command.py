"""Running the command `cim`, and git repositories and stores to run it on.

The command is the one that the environment variable CIM names, else the one on PATH.
"""

import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
import unittest
from pathlib import Path

CIM = os.environ.get("CIM", "cim")

OK, FAILED, USAGE, BAD_DATA, CONFLICT, NO_STORE = range(6)


class Ran:
    """What came of a command."""

    def __init__(self, arguments, status, out, err):
        self.arguments, self.status, self.bytes, self.err = arguments, status, out, err.decode(errors="replace")

    @property
    def out(self):
        return self.bytes.decode()

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def lines(self):
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def error(self):
        """The error that --json puts on standard error."""
        return json.loads(self.err)["error"]

    def __str__(self):
        return f"{self.arguments} gave {self.status}\n{self.bytes.decode(errors='replace')}\n{self.err}"


class CommandTest(unittest.TestCase):
    """Each test has a folder of its own; the default store lies in it."""

    maxDiff = None

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="cim-cli-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": str(self.folder / "home"), "TMPDIR": str(self.folder), "LC_ALL": "C.UTF-8",
            "GIT_CONFIG_NOSYSTEM": "1",
        }
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LD_LIBRARY_PATH"):
            if name in os.environ:
                self.environment[name] = os.environ[name]
        self.store = f"sqlite:{self.folder}/test.db"

    def start(self, *arguments, **options):
        """Starts the command and does not wait."""
        return subprocess.Popen([CIM, *map(str, arguments)], cwd=self.folder, env=self.environment,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)

    def cim(self, *arguments, stdin="", status=OK, **environment):
        """Runs the command on the test's store, and holds it to its exit status."""
        if "--store" not in arguments and "CIM_STORE" not in environment:
            environment["CIM_STORE"] = self.store
        ran = subprocess.run([CIM, *map(str, arguments)], cwd=self.folder, env={**self.environment, **environment},
                             input=stdin if isinstance(stdin, bytes) else stdin.encode(), capture_output=True, timeout=120)
        result = Ran(arguments, ran.returncode, ran.stdout, ran.stderr)
        if status is not None:
            self.assertEqual(result.status, status, str(result))
        return result

    def assertSays(self, result, *texts):
        for text in texts:
            self.assertIn(str(text), result.err, str(result))

    # -- Things to work on

    def lines(self, *events):
        """Imports events, each (aggregate, type, payload) or (aggregate, type, payload, transaction)."""
        text = ""
        for number, (aggregate, kind, payload, *transaction) in enumerate(events):
            event = {"aggregate_id": aggregate, "event_type": kind, "payload": payload,
                     "timestamp": 1_700_000_000_000_000 + number * 1_000_000}
            if transaction:
                event["transaction_id"] = transaction[0]
            text += json.dumps(event) + "\n"
        return self.cim("import", "jsonl", "-", stdin=text)

    def graph(self):
        """A small graph: three nodes, two edges, in two transactions."""
        self.lines(("g", "NodeCreated", {"node_id": "n1", "node_type": "Document", "properties": {"title": "One"}}, "t1"),
                   ("g", "NodeCreated", {"node_id": "n2", "node_type": "Document", "properties": {}}, "t1"),
                   ("g", "EdgeConnected", {"edge_id": "e1", "source": "n1", "target": "n2", "edge_type": "DependsOn"}, "t1"),
                   ("g", "NodeCreated", {"node_id": "n3", "node_type": "Task", "properties": {}}, "t2"),
                   ("g", "EdgeConnected", {"edge_id": "e2", "source": "n3", "target": "n2", "edge_type": "DependsOn"}, "t2"))

    def numbers(self, count=10, aggregate="a"):
        """`count` events, each a transaction of its own."""
        self.lines(*((aggregate, "Counted", {"n": n}) for n in range(1, count + 1)))

    def git(self, repository, *arguments, stdin=None):
        who = {"GIT_AUTHOR_NAME": "Ann", "GIT_AUTHOR_EMAIL": "ann@example.org", "GIT_AUTHOR_DATE": "1700000000 +0000",
               "GIT_COMMITTER_NAME": "Ann", "GIT_COMMITTER_EMAIL": "ann@example.org",
               "GIT_COMMITTER_DATE": "1700000000 +0000"}
        ran = subprocess.run(["git", "-C", str(repository), *arguments], env={**self.environment, **who}, input=stdin,
                             capture_output=True, check=False)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        return ran.stdout

    def repository(self, commits=3, name="project", start=0):
        """A repository with a line of commits, by git fast-import. Called again it goes on with it."""
        path = self.folder / name
        if not path.exists():
            path.mkdir()
            self.git(path, "-c", "init.defaultBranch=main", "init", "-q")
        stream = []
        for n in range(start, start + commits):
            message = f"commit {n}"
            stream.append(f"commit refs/heads/main\ncommitter Ann <ann@example.org> {1_700_000_000 + n} +0000\n"
                          f"data {len(message)}\n{message}\n")
            if n == start and start > 0:
                stream.append("from refs/heads/main^0\n")
            content = f"content {n}\n"
            stream.append(f"M 100644 inline folder{n % 5}/file{n % 13}\ndata {len(content)}\n{content}\n")
            if n % 7 == 6:
                stream.append(f"D folder{(n - 3) % 5}/file{(n - 3) % 13}\n")
        self.git(path, "fast-import", "--quiet", stdin="".join(stream).encode())
        return path

    def database(self, store=None):
        """The SQLite file behind the test's store, for tampering."""
        connection = sqlite3.connect((store or self.store).removeprefix("sqlite:"))
        self.addCleanup(connection.close)
        return connection
