"""Aim: a reader made of stock libraries finds in a NATS stream what cim wrote, and what cim did not write.
Method: cim imports into a real server, and examples/verify-chain reads it; then somebody else publishes there."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

SAMPLE = Path(__file__).resolve().parents[2] / "examples" / "verify-chain"
CIM = os.environ["CIM"]
SERVER = os.environ.get("CIM_NATS_SERVER", "")


def events(aggregate, count):
    line = '{"aggregate_id":"%s","event_type":"NodeCreated","transaction_id":"%s-%d","payload":{"node_id":"n%d","ü":[1,2.5,null]}}'
    return "\n".join(line % (aggregate, aggregate, i // 3, i) for i in range(count)) + "\n"


def packages():
    """The folder with the sample and its packages; skips where they cannot be had."""
    if not shutil.which("node") or not shutil.which("npm"):
        raise unittest.SkipTest("there is no node with npm: install nodejs and npm")
    folder = Path(os.environ.get("WORK", tempfile.gettempdir())) / "verify-chain"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", "verify-chain.mjs"):
        shutil.copy(SAMPLE / name, folder / name)
    if not (folder / "node_modules" / "@ipld").exists():
        done = subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=folder, capture_output=True, text=True, timeout=200)
        if done.returncode != 0:
            raise unittest.SkipTest("npm ci failed, so the packages of the sample are not there: " + done.stderr[-300:])
    return folder


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class VerifyChainTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = packages()
        cls.data = tempfile.TemporaryDirectory()
        cls.port = free_port()
        cls.server = subprocess.Popen([SERVER, "-js", "-a", "127.0.0.1", "-p", str(cls.port), "-sd", cls.data.name],
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", cls.port)) == 0:
                    return
            time.sleep(0.02)
        raise RuntimeError("nats-server did not start")

    @classmethod
    def tearDownClass(cls):
        cls.server.kill()
        cls.server.wait()
        cls.data.cleanup()

    def cim(self, *arguments, stdin=""):
        store = f"nats://127.0.0.1:{self.port}/{self.stream}?prefix={self.stream}"
        return subprocess.run([CIM, *arguments, "--store", store], input=stdin, capture_output=True, text=True, timeout=60)

    def verify(self):
        return subprocess.run(["node", "verify-chain.mjs", f"nats://127.0.0.1:{self.port}", self.stream, self.stream],
                              cwd=self.folder, capture_output=True, text=True, timeout=60)

    def publish(self, subject, data):
        with socket.create_connection(("127.0.0.1", self.port)) as link:
            link.sendall(f"CONNECT {{\"verbose\":false}}\r\nPUB {subject} {len(data)}\r\n".encode() + data + b"\r\nPING\r\n")
            seen = b""
            while b"PONG" not in seen:
                seen += link.recv(4096)

    def test_finds_the_heads_that_cim_finds(self):
        self.stream = "good"
        done = self.cim("import", "jsonl", "-", stdin=events("graph-a", 10) + events("graph-b", 4))
        self.assertEqual(done.returncode, 0, done.stderr)
        read = self.verify()
        self.assertEqual(read.returncode, 0, read.stderr)
        heads = self.cim("heads", "--json")
        self.assertEqual(heads.returncode, 0, heads.stderr)
        for line in read.stdout.splitlines()[:-1]:
            _, count, head = line.split()
            self.assertIn(head, heads.stdout)
            self.assertIn(count, ("10", "4"))
        self.assertIn("14 events in 2 aggregates: every CID and link holds", read.stdout)

    def test_finds_what_cim_did_not_write(self):
        self.stream = "bad"
        self.assertEqual(self.cim("import", "jsonl", "-", stdin=events("graph-a", 3)).returncode, 0)
        self.publish("bad.graph-a.NodeCreated", b"hello")
        read = self.verify()
        self.assertEqual(read.returncode, 1)
        self.assertIn("message 4 on 'bad.graph-a.NodeCreated'", read.stderr)
        verified = self.cim("verify")
        self.assertNotEqual(verified.returncode, 0)
        self.assertIn("message 4 on 'bad.graph-a.NodeCreated' was not written by cim", verified.stderr)


if __name__ == "__main__":
    unittest.main()
