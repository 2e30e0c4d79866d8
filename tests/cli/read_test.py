"""Aim: what is in a store comes out: as lines, slices, windows, heads, graphs and archives, for people and as JSON with the
keys that scripts rely on."""

import json
import os
import signal
import time
import unittest
import xml.etree.ElementTree

from command import BAD_DATA, CONFLICT, FAILED, USAGE, CommandTest


class Append(CommandTest):
    def test_onto_the_expected_head(self):
        first = self.cim("append", "a", "Made", '{"n": 1}', "--expect", "none", "--json").json
        self.assertEqual((first["aggregate"], first["aggregate_sequence"], first["sequence"]), ("a", 1, 1))
        second = self.cim("append", "a", "Changed", "--expect", first["cid"], "--json").json
        self.assertEqual(second["aggregate_sequence"], 2)
        for expected in ("none", first["cid"]):
            ran = self.cim("append", "a", "Made", "--expect", expected, status=CONFLICT)
            self.assertSays(ran, second["cid"])
            error = self.cim("append", "a", "Made", "--expect", expected, "--json", status=CONFLICT).error
            self.assertEqual(error["code"], "conflict")
            self.assertTrue(error["message"] and error["advice"] and error["fields"])
        self.assertEqual(self.cim("heads", "--json").json, [{"aggregate": "a", "sequence": 2, "cid": second["cid"]}])

    def test_again_is_no_conflict(self):
        once = ("append", "a", "Made", "{}", "--expect", "none", "--timestamp", "2025-11-01T12:00:00Z", "--json")
        first = self.cim(*once).json
        again = self.cim(*once).json
        self.assertEqual((first["already_present"], again["already_present"]), (False, True))
        self.assertEqual(first["cid"], again["cid"])

    def test_all_that_an_event_has(self):
        self.cim("append", "a", "T", "-", "--timestamp", "2025-11-01T12:00:00.5Z", "--transaction-id", "t 1", "--correlation-id", "c",
                 "--causation-id", "d", "--traceparent", "00-ab-cd-01", stdin='{"link": {"/": "bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua"}}')
        event, = self.cim("log", "--json").lines
        self.assertEqual(event["timestamp"], "2025-11-01T12:00:00.500Z")
        self.assertEqual((event["transaction_id"], event["transaction_index"], event["transaction_size"]), ("t 1", 0, 1))
        self.assertEqual((event["correlation_id"], event["causation_id"], event["traceparent"]), ("c", "d", "00-ab-cd-01"))
        self.assertEqual(event["payload"]["link"], {"/": "bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua"})
        self.assertIsNone(event["previous_cid"])

    def test_bad_payloads(self):
        for payload in ("{", "nope", '{"a":1,"a":2}', '{"/":1}'):
            ran = self.cim("append", "a", "T", payload, status=BAD_DATA)
            self.assertSays(ran, "payload")
        self.assertFalse((self.folder / "test.db").exists())


class Log(CommandTest):
    def test_selects(self):
        self.lines(("a", "Made", {"n": 1}), ("b", "Made", {"n": 2}), ("a", "Changed", {"n": 3}), ("b", "Changed", {"n": 4}))
        def numbers(*arguments):
            return [event["payload"]["n"] for event in self.cim("log", "--json", *arguments).lines]
        self.assertEqual(numbers(), [1, 2, 3, 4])
        self.assertEqual(numbers("--aggregate", "a"), [1, 3])
        self.assertEqual(numbers("-a", "a", "-a", "b"), [1, 2, 3, 4])
        self.assertEqual(numbers("--type", "Changed"), [3, 4])
        self.assertEqual(numbers("--subject", "event.store.*.Made"), [1, 2])
        self.assertEqual(numbers("--subject", "event.store.b.>"), [2, 4])
        self.assertEqual(numbers("-n", "2"), [3, 4])
        self.assertEqual(numbers("-n", "1", "--type", "Made"), [2])
        self.assertEqual(numbers("-n", "9", "-a", "b"), [2, 4])
        self.assertEqual(numbers("--since", "2023-11-14T22:13:21Z"), [2, 3, 4])
        self.assertEqual(numbers("--until", "2023-11-14T22:13:21Z"), [1])
        self.assertEqual(numbers("--since", "1h"), [])
        self.assertSays(self.cim("log", "--aggregate", "x", status=FAILED), "no aggregate 'x'", "cim aggregates")

    def test_lines_for_people(self):
        self.lines(("a", "Made", {"n": 1}))
        self.assertRegex(self.cim("log").out, r'^2023-11-14T22:13:20Z  a 1  Made  bafy\w+  \{"n":1\}\n$')

    def test_of_an_empty_store(self):
        self.cim("import", "jsonl", "-", stdin="")
        for command in ("log", "heads", "aggregates"):
            self.assertEqual(self.cim(command).out, "")
        self.assertEqual(self.cim("heads", "--json").json, [])
        self.assertEqual(self.cim("verify", "--json").json["events"], 0)
        self.assertEqual(self.cim("replay", "--json").json["nodes"], 0)

    def test_a_payload_that_is_no_dag_json_is_shown_all_the_same(self):
        event = {"specversion": "1.0", "id": "1", "source": "s", "type": "t", "data": {"/": "x"}}
        self.cim("import", "cloudevents", stdin=json.dumps(event))
        shown, = self.cim("log", "--json").lines
        self.assertIsNone(shown["payload"])
        self.assertTrue(shown["payload_error"])
        self.assertEqual(json.loads(self.cim("export", "cloudevents").out), event)

    def test_follows(self):
        self.numbers(2)
        process = self.start("log", "-f", "--json", "--store", self.store)
        try:
            self.assertEqual([json.loads(process.stdout.readline())["payload"]["n"] for _ in range(2)], [1, 2])
            for n in range(3, 6):
                self.cim("append", "a", "Counted", json.dumps({"n": n}))
                start = time.monotonic()
                self.assertEqual(json.loads(process.stdout.readline())["payload"]["n"], n)
                self.assertLess(time.monotonic() - start, 10)
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(10), 0)
        finally:
            process.kill()
            process.communicate()


class Slices(CommandTest):
    def test_fetch(self):
        self.numbers(10)
        def numbers(*arguments, **options):
            return [event["payload"]["n"] for event in self.cim("fetch", "a", "--json", *arguments, **options).lines]
        self.assertEqual(numbers(), list(range(1, 11)))
        self.assertEqual(numbers("--max-events", "3"), [1, 2, 3])
        self.assertEqual(numbers("--after", "7"), [8, 9, 10])
        self.assertEqual(numbers("--last", "2"), [9, 10])
        self.assertEqual(numbers("--since", "2023-11-14T22:13:28Z"), [9, 10])
        self.assertEqual(numbers("--type", "Other"), [])
        self.assertEqual(numbers("--new", "--timeout", "0.1"), [])
        self.assertSays(self.cim("fetch", "x", status=FAILED), "x")
        self.assertIn("--after 3", self.cim("fetch", "a", "--max-events", "3").err)

    def test_summary(self):
        self.numbers(10)
        head = self.cim("heads", "--json").json[0]["cid"]
        summary = self.cim("fetch", "a", "--after", "4", "--max-events", "3", "--summary", "--json").json
        self.assertEqual((summary["aggregate"], summary["events"], summary["last_sequence"], summary["complete"]), ("a", 3, 7, False))
        self.assertEqual(summary["sequence_range"], {"start": 5, "end": 7, "stream_name": self.store})
        self.assertEqual(summary["metadata"]["replay_policy"], "after_sequence(4)")
        summary = self.cim("fetch", "a", "--summary", "--json").json
        self.assertEqual(summary["slices"], [{"aggregate": "a", "first": 1, "last": 10, "head": head, "anchored": True}])
        self.assertIn(head, self.cim("fetch", "a", "--summary").out)

    def test_a_transaction_is_whole_or_an_error(self):
        self.graph()
        self.assertEqual(len(self.cim("fetch", "g", "--max-events", "4", "--json").lines), 3)
        self.assertSays(self.cim("fetch", "g", "--max-events", "2", status=FAILED), "3")

    def test_window(self):
        self.lines(("a", "T", {"n": 1}), ("b", "T", {"n": 2}), ("a", "T", {"n": 3}), ("b", "U", {"n": 4}))
        def numbers(*arguments):
            return [event["payload"]["n"] for event in self.cim("window", "--json", *arguments).lines]
        self.assertEqual(numbers("2023-11-14"), [1, 2, 3, 4])
        self.assertEqual(numbers("2023-11-14T22:13:21Z", "2023-11-14T22:13:23Z"), [2, 3])
        self.assertEqual(numbers("2023-11-14", "--aggregate", "b", "--type", "U"), [4])
        self.assertEqual(numbers("1h"), [])
        summary = self.cim("window", "2023-11-14T22:13:21Z", "2023-11-14T22:13:23Z", "--summary", "--json").json
        self.assertIsNone(summary["aggregate"])
        self.assertEqual([(slice_["aggregate"], slice_["first"]) for slice_ in summary["slices"]], [("a", 2), ("b", 1)])


class Heads(CommandTest):
    def test_and_aggregates(self):
        self.lines(("b", "T", {}), ("a", "T", {}), ("b", "T", {}))
        heads = self.cim("heads", "--json").json
        self.assertEqual([(head["aggregate"], head["sequence"]) for head in heads], [("a", 1), ("b", 2)])
        self.assertIn(heads[1]["cid"], self.cim("heads").out)
        aggregates = self.cim("aggregates", "--json").json
        self.assertEqual(aggregates[1], {"aggregate": "b", "events": 2, "first_event": "2023-11-14T22:13:20Z",
                                         "last_event": "2023-11-14T22:13:22Z", "head": heads[1]["cid"]})
        self.assertIn("2 events", self.cim("aggregates").out)

    def test_kept_elsewhere_tell_of_a_lost_tail(self):
        self.numbers(5)
        kept = self.folder / "heads.json"
        kept.write_text(self.cim("heads", "--json").out)
        self.cim("verify", "--heads", kept)
        self.cim("append", "a", "Counted")
        self.cim("verify", "--heads", kept)  # a longer chain still holds it

        self.store = f"sqlite:{self.folder}/shorter.db"
        self.numbers(3)
        self.cim("verify")
        ran = self.cim("verify", "--heads", kept, "--json", status=BAD_DATA).json
        self.assertEqual((ran["ok"], ran["error"], ran["aggregate"], ran["sequence"], ran["actual"]),
                         (False, "head_mismatch", "a", 5, "missing"))
        self.assertSays(self.cim("verify", "--heads", kept, status=BAD_DATA), "event 5", "'a'", ran["expected"])

        self.store = f"sqlite:{self.folder}/other.db"
        self.lines(*(("a", "Counted", {"n": -n}) for n in range(7)))
        ran = self.cim("verify", "--heads", kept, "--json", status=BAD_DATA).json
        self.assertEqual((ran["error"], ran["sequence"]), ("head_mismatch", 5))
        self.assertTrue(ran["actual"].startswith("bafy"))

    def test_files_that_are_no_heads(self):
        self.numbers(1)
        for text in ("", "{", "{}", "[1]", '[{"aggregate": "a"}]', '[{"aggregate": "a", "sequence": 1, "cid": "x"}]'):
            kept = self.folder / "heads.json"
            kept.write_text(text)
            self.assertSays(self.cim("verify", "--heads", kept, status=FAILED), "heads.json", "cim heads --json")
        self.assertSays(self.cim("verify", "--heads", "missing", status=FAILED), "missing")


class Verify(CommandTest):
    def test_keys(self):
        self.graph()
        self.numbers(3)
        ran = self.cim("verify", "--json").json
        self.assertEqual(set(ran), {"events", "aggregates", "ok", "seconds"})
        self.assertEqual((ran["events"], ran["aggregates"], ran["ok"]), (8, 2, True))
        self.assertRegex(self.cim("verify").out, r"^8 events in 2 aggregates: every CID and link holds")
        self.assertEqual(self.cim("verify", "--threads", "1", "--json").json["events"], 8)


class Replay(CommandTest):
    def test_keys(self):
        self.graph()
        ran = self.cim("replay", "--json").json
        self.assertLessEqual({"events", "transactions", "nodes", "edges", "state_cid", "seconds"}, set(ran))
        self.assertEqual((ran["events"], ran["transactions"], ran["nodes"], ran["edges"]), (5, 2, 3, 2))
        self.assertRegex(self.cim("replay").out, r"5 events in 2 transactions made 3 nodes and 2 edges .*\nstate bafy\w+\n")

    def test_until(self):
        self.graph()
        def nodes(*arguments):
            return self.cim("replay", "--json", *arguments).json["nodes"]
        self.assertEqual(nodes("--until", "0"), 0)
        self.assertEqual(nodes("--until", "1"), 2, "to the end of the transaction")
        self.assertEqual(nodes("--until", "3"), 2)
        self.assertEqual(nodes("--until", "4"), 3)
        self.assertEqual(nodes("--until", "2023-11-14T22:13:22Z"), 2)
        self.assertEqual(nodes("--until", "2023-11-14T22:13:21Z"), 0, "the transaction was not yet over")
        self.assertEqual(nodes("--until", "2023-11-14T22:13:24Z"), 3)
        self.assertEqual(nodes("--until", "1d", "--aggregate", "g"), 3)
        self.assertSays(self.cim("replay", "--aggregate", "x", status=FAILED), "no aggregate 'x'")

    def test_in_time(self):
        self.graph()
        as_fast_as_possible = self.cim("replay", "--json").json
        start = time.monotonic()
        ran = self.cim("replay", "--speed", "10", "--json").json
        self.assertGreater(time.monotonic() - start, 0.15)  # the second transaction ends two seconds after the first
        self.assertEqual(ran["state_cid"], as_fast_as_possible["state_cid"])
        self.assertEqual(self.cim("replay", "--speed", "1000000", "--json").json["state_cid"], ran["state_cid"])

    def test_can_be_stopped(self):
        self.graph()
        process = self.start("replay", "--speed", "0.01", "--store", self.store)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=10)
        self.assertEqual(process.returncode, 130, err)
        self.assertIn(b"3 events", out)
        self.assertIn(b"stopped", err)

    def test_with_a_mapping(self):
        self.lines(("orders", "OrderPlaced", {"order": "o1", "customer": "c1"}))
        self.assertEqual(self.cim("replay", "--json").json["unknown_type"], 1)
        mapping = self.folder / "mapping.json"
        mapping.write_text("{ no json")
        self.assertSays(self.cim("replay", "--mapping", mapping, status=FAILED), "mapping.json")
        self.cim("replay", "--mapping", "missing.json", status=FAILED)

    def test_gives_the_same_state_everywhere(self):
        self.graph()
        state = self.cim("replay", "--json").json["state_cid"]
        lines = self.cim("export", "jsonl").out
        self.store = f"sqlite:{self.folder}/copy.db"
        self.cim("import", "jsonl", stdin=lines)
        self.assertEqual(self.cim("replay", "--json").json["state_cid"], state)


class Graph(CommandTest):
    def test_json(self):
        self.graph()
        graph = json.loads(self.cim("graph", "export", "json").out)
        self.assertEqual([(node["id"], node["type"]) for node in graph["nodes"]], [("n1", "Document"), ("n2", "Document"), ("n3", "Task")])
        self.assertEqual(graph["nodes"][0]["properties"], {"title": "One"})
        self.assertEqual([(link["source"], link["target"], link["type"]) for link in graph["links"]],
                         [("n1", "n2", "DependsOn"), ("n3", "n2", "DependsOn")])
        self.assertEqual(len(json.loads(self.cim("graph", "export", "json", "--at", "3").out)["nodes"]), 2)

    def test_other_formats(self):
        self.graph()
        self.assertIn("->", self.cim("graph", "export", "dot").out)
        xml.etree.ElementTree.fromstring(self.cim("graph", "export", "graphml").out)
        ran = self.cim("graph", "export", "svg", "-o", "graph.svg", "--json").json
        self.assertEqual((ran["file"], ran["nodes"], ran["edges"]), ("graph.svg", 3, 2))
        xml.etree.ElementTree.parse(self.folder / "graph.svg")

    def test_without_graphviz(self):
        self.graph()
        empty = self.folder / "empty"
        empty.mkdir()
        ran = self.cim("graph", "export", "svg", "-o", "graph.svg", status=FAILED, PATH=str(empty))
        self.assertSays(ran, "dot", "install")
        self.assertFalse((self.folder / "graph.svg").exists())

    def test_where_it_cannot_be_written(self):
        self.graph()
        self.assertSays(self.cim("graph", "export", "json", "-o", "no/such/folder", status=FAILED), "no/such/folder")


class Export(CommandTest):
    def test_jsonl_gives_the_same_chains_again(self):
        self.graph()
        self.lines(("x", "T", {"bytes": {"/": {"bytes": "AQID"}}, "float": 1.0}), ("y", "T", None, "t"))
        lines = self.cim("export", "jsonl").out
        heads = self.cim("heads", "--json").json
        self.store = f"sqlite:{self.folder}/copy.db"
        self.cim("import", "jsonl", "-", stdin=lines)
        self.assertEqual(self.cim("heads", "--json").json, heads)
        self.assertEqual(self.cim("export", "jsonl").out, lines)
        self.assertEqual(len(self.cim("export", "jsonl", "--aggregate", "g").out.splitlines()), 5)

    def test_cloudevents(self):
        self.numbers(2)
        events = self.cim("export", "cloudevents").lines
        self.assertEqual([event["data"] for event in events], [{"n": 1}, {"n": 2}])
        self.assertEqual(events[0]["specversion"], "1.0")
        self.cim("export", "cloudevents", "-o", "ce.jsonl")
        self.cim("import", "cloudevents", "ce.jsonl", "--store", "copy.db")

    def test_gource(self):
        self.cim("import", "git", self.repository(commits=8))
        lines = self.cim("export", "gource").out.splitlines()
        self.assertEqual(lines[0], "1700000000|Ann|A|folder0/file0")
        self.assertIn("1700000006|Ann|D|folder3/file3", lines)
        self.assertTrue(all(len(line.split("|")) == 4 for line in lines))

    def test_of_what_is_not_there(self):
        self.numbers(1)
        self.assertSays(self.cim("export", "jsonl", "--aggregate", "x", status=FAILED), "x")


class Car(CommandTest):
    def test_there_and_back(self):
        self.graph()
        ran = self.cim("car", "export", "-o", "g.car", "--json").json
        head = self.cim("heads", "--json").json[0]
        self.assertEqual((ran["aggregate"], ran["events"], ran["head"]), ("g", 5, head["cid"]))
        self.assertEqual(ran["bytes"], os.path.getsize(self.folder / "g.car"))
        state = self.cim("replay", "--json").json["state_cid"]
        archive = self.cim("car", "export", "--aggregate", "g").bytes
        self.assertEqual(archive, (self.folder / "g.car").read_bytes())

        self.store = f"sqlite:{self.folder}/copy.db"
        ran = self.cim("car", "import", "g.car", "--json").json
        self.assertEqual((ran["events"], ran["aggregate"], ran["head"], ran["skipped"]), (5, "g", head["cid"], 0))
        self.assertEqual(self.cim("heads", "--json").json, [head])
        self.assertEqual(self.cim("replay", "--json").json["state_cid"], state)
        again = self.cim("car", "import", "-", "--json", stdin=archive).json
        self.assertEqual((again["events"], again["skipped"]), (0, 5))

    def test_continues_a_chain(self):
        self.numbers(3)
        first = self.cim("car", "export").bytes
        self.cim("append", "a", "Counted")
        second = self.cim("car", "export").bytes
        self.store = f"sqlite:{self.folder}/copy.db"
        self.cim("car", "import", stdin=first)
        self.assertEqual(self.cim("car", "import", "--json", stdin=second).json["events"], 1)
        self.assertEqual(self.cim("car", "import", "--json", stdin=first).json["skipped"], 3)

    def test_asks_which_of_several(self):
        self.lines(("a", "T", {}), ("b", "T", {}))
        self.assertSays(self.cim("car", "export", "-o", "x.car", status=USAGE), "--aggregate")
        self.assertSays(self.cim("car", "export", "--aggregate", "x", "-o", "x.car", status=FAILED), "x")
        self.assertFalse((self.folder / "x.car").exists())


class Database(CommandTest):
    def test_check(self):
        self.graph()
        self.assertEqual(self.cim("db", "check", "--json").json, {"ok": True, "store": self.store, "problems": []})
        self.assertIn("sound", self.cim("db", "check").out)
        with self.database() as database:
            database.execute("UPDATE events SET timestamp = timestamp + 1 WHERE sequence = 2")
        problems = self.cim("db", "check", "--json", status=BAD_DATA).json["problems"]
        self.assertEqual(len(problems), 1)
        self.assertIn("sequence 2", problems[0])


if __name__ == "__main__":
    unittest.main()
