"""Aim: the importers as their users meet them: what they print, how they end, what they say when they cannot."""

import json
import signal
import time
import unittest

from command import CONFLICT, FAILED, OK, USAGE, CommandTest

LINE = '{"aggregate_id":"a","event_type":"T","payload":{}}\n'


class Git(CommandTest):
    def test_keys(self):
        repository = self.repository(commits=20)
        ran = self.cim("import", "git", repository, "--json").json
        self.assertLessEqual({"events", "transactions", "aggregate", "head", "seconds", "skipped"}, set(ran))
        self.assertEqual((ran["transactions"], ran["aggregate"], ran["skipped"]), (20, "project", 0))
        self.assertEqual(self.cim("heads", "--json").json, [{"aggregate": "project", "sequence": ran["events"], "cid": ran["head"]}])
        self.assertEqual(self.cim("verify", "--json").json["events"], ran["events"])

    def test_the_same_repository_in_two_stores(self):
        repository = self.repository(commits=40)
        seen = set()
        for name in ("one", "two"):
            self.store = f"sqlite:{self.folder}/{name}.db"
            head = self.cim("import", "git", repository, "--json").json["head"]
            seen.add((head, self.cim("replay", "--json").json["state_cid"]))
        self.assertEqual(len(seen), 1)
        graph = json.loads(self.cim("graph", "export", "json").out)
        files = sorted(node["properties"]["path"] for node in graph["nodes"] if node["type"] == "File")
        self.assertEqual(files, sorted(self.git(repository, "ls-tree", "-r", "--name-only", "HEAD").decode().split()))

    def test_again_only_what_is_new(self):
        repository = self.repository(commits=10)
        self.cim("import", "git", repository)
        self.assertEqual(self.cim("import", "git", repository, "--json").json["events"], 0)
        self.assertIn("nothing new for 'project'", self.cim("import", "git", repository).out)
        self.repository(commits=5, start=10)
        self.assertEqual(self.cim("import", "git", repository, "--json").json["transactions"], 5)

    def test_from_within(self):
        repository = self.repository()
        self.git(repository, "checkout", "-q", "main")
        ran = self.cim("import", "git", repository / "folder1", "--aggregate", "mine", "--json").json
        self.assertEqual((ran["aggregate"], ran["transactions"]), ("mine", 3))

    def test_a_rewritten_history(self):
        repository = self.repository(commits=10)
        self.cim("import", "git", repository)
        imported = self.git(repository, "rev-parse", "main").decode().strip()
        self.git(repository, "update-ref", "refs/heads/main", "main~3")
        self.repository(commits=2, start=20)
        head = self.git(repository, "rev-parse", "main").decode().strip()
        before = self.cim("heads", "--json").json
        ran = self.cim("import", "git", repository, status=CONFLICT)
        self.assertSays(ran, imported, head, str(repository), "--aggregate")
        error = self.cim("import", "git", repository, "--json", status=CONFLICT).error
        self.assertEqual((error["code"], error["fields"]["imported"], error["fields"]["head"]), ("history_rewritten", imported, head))
        self.assertEqual(self.cim("heads", "--json").json, before)
        self.cim("import", "git", repository, "--aggregate", "project-2")

    def test_full_and_first_parents_do_not_mix(self):
        repository = self.repository()
        self.cim("import", "git", repository, "--full")
        self.assertSays(self.cim("import", "git", repository, status=USAGE), "--full", "--aggregate")

    def test_what_cannot_be_read(self):
        (self.folder / "plain").mkdir()
        (self.folder / "file").write_text("")
        for path, says in (("missing", "there is no 'missing'"), ("plain", "not in a git repository"), ("file", "not a folder")):
            ran = self.cim("import", "git", path, status=FAILED)
            self.assertSays(ran, path, says, "name the folder of a git repository")
        self.assertEqual(self.cim("import", "git", "missing", "--json", status=FAILED).error["code"], "not_found")

    def test_a_damaged_repository(self):
        repository = self.repository()
        tree = self.git(repository, "rev-parse", "main^{tree}").decode().strip()
        damaged = repository / ".git/objects" / tree[:2] / tree[2:]
        damaged.chmod(0o600)
        damaged.write_bytes(b"garbage")
        self.assertSays(self.cim("import", "git", repository, status=FAILED), str(repository), "git fsck")

    def test_an_empty_repository(self):
        ran = self.cim("import", "git", self.repository(commits=0), "--json").json
        self.assertEqual((ran["events"], ran["head"]), (0, None))
        self.assertSays(self.cim("import", "git", self.folder / "project"), "no commits", "refs/heads/main", "project")

    def test_without_git(self):
        empty = self.folder / "empty"
        empty.mkdir()
        ran = self.cim("import", "git", self.repository(), status=FAILED, PATH=str(empty))
        self.assertSays(ran, "cannot run git", "install git")

    def test_ctrl_c_ends_it_cleanly(self):
        repository = self.repository(commits=20_000)
        whole = self.cim("import", "git", repository, "--store", "whole.db", "--json").json
        for delay in (0.02, 0.1, 0.3):
            process = self.start("import", "git", repository, "--store", self.store)
            time.sleep(delay)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
            self.assertIn(process.returncode, (OK, 130, -signal.SIGINT), err)
            if process.returncode == 130:
                self.assertIn(b"stopped", err)
        self.cim("import", "git", repository)
        self.assertEqual(self.cim("heads", "--json").json[0]["cid"], whole["head"])


class JsonLines(CommandTest):
    def test_from_a_file_or_standard_input(self):
        (self.folder / "events.jsonl").write_text(LINE * 3)
        ran = self.cim("import", "jsonl", "events.jsonl", "--json").json
        self.assertEqual((ran["events"], ran["transactions"], ran["aggregate"], ran["skipped"]), (3, 3, "a", 0))
        self.assertEqual(ran["head"], self.cim("heads", "--json").json[0]["cid"])
        self.cim("import", "jsonl", stdin=LINE)
        self.cim("import", "jsonl", "-", stdin=LINE)
        self.assertEqual(self.cim("verify", "--json").json["events"], 5)

    def test_a_bad_line(self):
        ran = self.cim("import", "jsonl", "-", stdin=LINE * 2 + "{nope}\n" + LINE, status=FAILED)
        self.assertSays(ran, "standard input:3:3: ", "the 2 transactions (2 events) before it were imported and stay")
        (self.folder / "bad.jsonl").write_text(LINE.replace('"T"', '"T U"'))
        self.assertSays(self.cim("import", "jsonl", "bad.jsonl", status=FAILED), "bad.jsonl:1", "T U")
        error = self.cim("import", "jsonl", "bad.jsonl", "--json", status=FAILED).error
        self.assertEqual((error["code"], error["fields"]["line"], error["fields"]["imported_events"]), ("invalid_input", "1", "0"))

    def test_bad_lines_skipped(self):
        ran = self.cim("import", "jsonl", "--skip-invalid", stdin=LINE + "bad\n" + LINE)
        self.assertSays(ran, "skipped: standard input:2:")
        ran = self.cim("import", "jsonl", "--skip-invalid", "--json", stdin=LINE + "bad\n" + LINE).json
        self.assertEqual((ran["events"], ran["skipped"]), (2, 1))

    def test_no_input(self):
        self.assertEqual(self.cim("import", "jsonl", "--json").json["events"], 0)
        self.assertSays(self.cim("import", "jsonl", "missing", status=FAILED), "missing")
        self.cim("import", "jsonl", self.folder, status=FAILED)


class CloudEvents(CommandTest):
    EVENTS = [{"specversion": "1.0", "id": "1", "source": "/orders", "type": "com.example.placed", "subject": "o 1",
               "time": "2025-11-01T12:00:00.123456789Z", "data": {"price": 1.0, "items": [1, 2]}, "partitionkey": "x"},
              {"specversion": "1.0", "id": "2", "source": "/orders", "type": "com.example.paid", "subject": "o 1",
               "data_base64": "AQID"}]

    def test_there_and_back(self):
        for text in (json.dumps(self.EVENTS), "\n".join(map(json.dumps, self.EVENTS)), json.dumps(self.EVENTS, indent=2)):
            self.store = f"sqlite:{self.folder}/{len(text)}.db"
            ran = self.cim("import", "cloudevents", "-", "--json", stdin=text).json
            self.assertEqual((ran["events"], ran["transactions"], ran["aggregate"]), (2, 2, "o%201"))
            self.assertEqual(self.cim("export", "cloudevents").lines, self.EVENTS)
            self.assertEqual(self.cim("import", "cloudevents", "--json", stdin=text).json["skipped"], 2)

    def test_by_source(self):
        self.cim("import", "cloudevents", "--aggregate-by", "source", stdin=json.dumps(self.EVENTS))
        self.assertEqual(self.cim("heads", "--json").json[0]["aggregate"], "/orders")

    def test_what_is_none(self):
        self.assertSays(self.cim("import", "cloudevents", stdin="{}", status=FAILED), "standard input:1", "specversion")
        self.assertSays(self.cim("import", "cloudevents", stdin="[{", status=FAILED), "not JSON")
        self.assertEqual(self.cim("import", "cloudevents", "--json").json["events"], 0)


if __name__ == "__main__":
    unittest.main()
