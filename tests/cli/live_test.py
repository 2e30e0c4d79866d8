"""Copying, mirroring and following a log: cim copy, mirror, tail, subscribers, stream."""

import json
import signal
import sqlite3
import time
import unittest

from command import BAD_DATA, CONFLICT, FAILED, NO_STORE, OK, USAGE, CommandTest


class LiveTest(CommandTest):
    def at(self, name):
        return f"sqlite:{self.folder}/{name}.db"

    def heads(self, store):
        return self.cim("heads", "--json", "--store", store).json

    def read_line(self, process):
        line = process.stdout.readline()
        self.assertTrue(line, "it ended")
        return json.loads(line)

    def end(self, process, how=signal.SIGINT):
        process.send_signal(how)
        # Not communicate(), which would pass over what readline() has read ahead.
        with process.stdout, process.stderr:
            out, err = process.stdout.read(), process.stderr.read()
        return process.wait(timeout=20), out.decode(), err.decode()

    def tail(self, *arguments):
        process = self.start("tail", "--json", "--store", self.store, *arguments)
        self.addCleanup(lambda: self.end(process, signal.SIGKILL) if process.poll() is None else None)
        return process


class CopyTest(LiveTest):
    def test_copies_and_repeats(self):
        self.graph()
        copied = self.cim("copy", self.store, self.at("copy"), "--json").json
        self.assertEqual((copied["events"], copied["transactions"], copied["already_present"]), (5, 2, 0))
        self.assertEqual(self.heads(self.at("copy")), self.heads(self.store))
        self.assertEqual(self.cim("replay", "--json", "--store", self.at("copy")).json["state_cid"],
                         self.cim("replay", "--json").json["state_cid"])
        again = self.cim("copy", self.store, self.at("copy"), "--json").json
        self.assertEqual(again["already_present"], 5)
        self.assertIn("5 events were there already", self.cim("copy", self.store, self.at("copy")).out)
        self.cim("verify", "--store", self.at("copy"))

    def test_says_where_histories_part(self):
        self.numbers(3)
        self.cim("copy", self.store, self.at("copy"))
        self.cim("append", "a", "Counted", "{}", "--store", self.at("copy"))
        self.cim("append", "a", "Counted", '{"n":9}')
        refused = self.cim("copy", self.store, self.at("copy"), "--json", status=CONFLICT).error
        self.assertEqual(refused["code"], "history_rewritten")
        self.assertEqual((refused["fields"]["aggregate"], refused["fields"]["sequence"]), ("a", "4"))
        self.assertNotEqual(refused["fields"]["expected"], refused["fields"]["actual"])

    def test_refuses_what_does_not_verify(self):
        self.numbers(3)
        database = self.database()
        database.execute("UPDATE events SET cid = (SELECT cid FROM events WHERE sequence = 1) WHERE sequence = 2")
        database.commit()
        self.assertSays(self.cim("copy", self.store, self.at("copy"), status=BAD_DATA), "event 2")

    def test_refuses_itself_and_what_is_not_there(self):
        self.numbers(1)
        self.cim("copy", self.store, self.store, status=USAGE)
        self.cim("copy", self.at("no-such"), self.at("copy"), status=NO_STORE)
        self.cim("copy", self.store, status=USAGE)


class MirrorTest(LiveTest):
    def test_mirrors_once_and_goes_on(self):
        self.numbers(10)
        first = self.cim("mirror", self.store, self.at("mirror"), "--once", "--json").json
        self.assertEqual((first["events"], first["lag_events"], first["state"]), (10, 0, "stopped"))
        self.cim("append", "a", "Counted", "{}")
        second = self.cim("mirror", self.store, self.at("mirror"), "--once", "--json").json
        self.assertEqual((second["events"], second["already_present"]), (1, 0))
        self.assertEqual(self.heads(self.at("mirror")), self.heads(self.store))

    def test_follows_until_it_is_ended(self):
        self.numbers(3)
        process = self.start("mirror", self.store, self.at("mirror"), "--json")
        while self.read_line(process)["position"] < 3:
            pass
        self.cim("append", "a", "Counted", "{}")
        while self.read_line(process)["position"] < 4:
            pass
        status, out, err = self.end(process)
        self.assertEqual((status, err), (OK, ""))
        self.assertEqual(json.loads(out.splitlines()[-1])["state"], "stopped")
        self.assertEqual(self.heads(self.at("mirror")), self.heads(self.store))

    def test_survives_being_killed(self):
        self.numbers(2000)
        for pause in (0.02, 0.05, 0.1):
            process = self.start("mirror", self.store, self.at("mirror"))
            time.sleep(pause)
            self.end(process, signal.SIGKILL)
        self.cim("mirror", self.store, self.at("mirror"), "--once")
        self.assertEqual(self.heads(self.at("mirror")), self.heads(self.store))
        self.cim("verify", "--store", self.at("mirror"))

    def test_refuses_another_source(self):
        self.numbers(3)
        self.cim("mirror", self.store, self.at("mirror"), "--once")
        self.cim("append", "b", "Counted", "{}", "--store", self.at("other"))
        refused = self.cim("mirror", self.at("other"), self.at("mirror"), "--once", "--json", status=CONFLICT).error
        self.assertEqual(refused["code"], "history_rewritten")


class TailTest(LiveTest):
    def test_shows_what_is_appended(self):
        self.numbers(3)
        process = self.tail("--after", "0")
        self.assertEqual([self.read_line(process)["payload"]["n"] for _ in range(3)], [1, 2, 3])
        self.cim("append", "a", "Counted", '{"n":4}')
        self.assertEqual(self.read_line(process)["payload"]["n"], 4)
        status, out, err = self.end(process)
        self.assertEqual((status, out, err), (OK, "", ""))

    def test_selects(self):
        self.lines(("a", "One", {}), ("b", "Two", {}), ("a", "Two", {}), ("c", "Two", {}))
        for arguments, expected in [
            (["event.store.a.>"], ["a/1", "a/2"]),
            (["event.store.*.Two"], ["b/1", "a/2", "c/1"]),
            (["--type", "Two", "--aggregate", "c"], ["c/1"]),
        ]:
            shown = self.cim("tail", *arguments, "--after", "0", "--count", len(expected), "--json").lines
            self.assertEqual([f"{e['aggregate_id']}/{e['aggregate_sequence']}" for e in shown], expected)

    def test_begins_where_it_is_told(self):
        self.numbers(10)
        for arguments, expected in [
            (["--last", "3"], [8, 9, 10]),
            (["--after", "8"], [9, 10]),
            (["--since", "2023-11-14T22:13:28Z"], [9, 10]),
        ]:
            shown = self.cim("tail", *arguments, "--count", len(expected), "--json").lines
            self.assertEqual([e["payload"]["n"] for e in shown], expected, arguments)

    def test_refuses_wrong_usage(self):
        self.numbers(1)
        self.cim("tail", "a..b", status=USAGE)
        self.cim("tail", "--last", "0", status=USAGE)
        self.cim("tail", "--last", "1", "--after", "1", status=USAGE)
        self.cim("tail", "--as", "a b", "--count", "1", status=USAGE)
        self.cim("tail", "--store", self.at("no-such"), status=NO_STORE)

    def test_stops_at_what_does_not_verify(self):
        self.numbers(3)
        database = self.database()
        database.execute("UPDATE events SET cid = (SELECT cid FROM events WHERE sequence = 1) WHERE sequence = 3")
        database.commit()
        self.cim("tail", "--after", "0", status=BAD_DATA)

    def test_ends_when_nobody_reads(self):
        self.numbers(2000)
        process = self.start("tail", "--after", "0", "--store", self.store)
        process.stdout.readline()
        process.stdout.close()
        self.assertEqual(process.wait(timeout=20), OK)
        process.stderr.close()


class SubscribersTest(LiveTest):
    def test_goes_on_where_it_stopped(self):
        self.numbers(6)
        first = self.cim("tail", "--as", "audit", "--after", "0", "--count", "4", "--json").lines
        second = self.cim("tail", "--as", "audit", "--after", "0", "--count", "2", "--json").lines
        self.assertEqual([e["payload"]["n"] for e in first + second], [1, 2, 3, 4, 5, 6])

    def test_counts_whole_transactions(self):
        self.graph()
        first = self.cim("tail", "--as", "audit", "--after", "0", "--count", "2", "--json").lines
        second = self.cim("tail", "--as", "audit", "--after", "0", "--count", "1", "--json").lines
        self.assertEqual([e["aggregate_sequence"] for e in first], [1, 2, 3], "none of it is passed over")
        self.assertEqual([e["aggregate_sequence"] for e in second], [4, 5])

    def test_loses_nothing_when_killed(self):
        self.numbers(50)
        seen = set()
        for _ in range(4):
            process = self.tail("--as", "audit", "--after", "0")
            for _ in range(5):
                seen.add(self.read_line(process)["payload"]["n"])
            _, out, _ = self.end(process, signal.SIGKILL)
            seen.update(json.loads(line)["payload"]["n"] for line in out.splitlines())
        self.cim("append", "a", "Counted", '{"n":51}')
        process = self.tail("--as", "audit", "--after", "0")
        while 51 not in seen:
            seen.add(self.read_line(process)["payload"]["n"])
        self.end(process)
        self.assertEqual(seen, set(range(1, 52)))

    def test_lists_and_removes(self):
        self.numbers(5)
        self.assertEqual(self.cim("subscribers", "--json").json, [])
        self.cim("tail", "--as", "audit", "--after", "0", "--count", "2")
        listed = self.cim("subscribers", "--json").json
        self.assertEqual([(s["name"], s["position"], s["lag"], s["subject"]) for s in listed], [("audit", 2, 3, "event.store.>")])
        self.assertRegex(self.cim("subscribers").out, r"audit +all +at +2 +3 events behind")
        self.cim("subscribers", "--remove", "audit")
        self.assertEqual(self.cim("subscribers", "--json").json, [])
        self.assertSays(self.cim("subscribers", "--remove", "audit", status=FAILED), "audit", "cim subscribers")

    def test_refuses_a_log_that_was_replaced(self):
        self.numbers(5)
        self.cim("tail", "--as", "audit", "--after", "0", "--count", "3")
        with sqlite3.connect(self.store.removeprefix("sqlite:")) as database:
            (document,) = database.execute("SELECT value FROM documents").fetchone()
        database.close()
        self.cim("import", "jsonl", "-", "--store", self.at("other"),
                 stdin='{"aggregate_id":"z","event_type":"T","payload":{}}\n' * 5)
        with sqlite3.connect(self.at("other").removeprefix("sqlite:")) as database:
            database.execute("INSERT INTO documents (collection, key, written_at, value) VALUES ('subscribers', 'audit', 0, ?)", (document,))
        database.close()
        refused = self.cim("tail", "--as", "audit", "--store", self.at("other"), "--json", status=CONFLICT).error
        self.assertEqual(refused["code"], "history_rewritten")


class StreamTest(LiveTest):
    def test_makes_shows_and_checks(self):
        made = self.cim("stream", "create", "--store", self.at("new"), "--json").json
        self.assertEqual((made["kind"], made["events"]), ("sqlite", 0))
        self.numbers(3)
        info = self.cim("stream", "info", "--json").json
        self.assertEqual((info["events"], info["aggregates"], info["last"]), (3, 1, 3))
        self.assertEqual(info["settings"]["format version"], "2")
        self.assertIn("3 events in 3 transactions of 1 aggregate", self.cim("stream", "info").out)
        self.assertEqual(self.cim("stream", "check", "--json").json["problems"], [])
        database = self.database()
        database.execute("UPDATE aggregates SET head_sequence = 2")
        database.commit()
        self.assertIn("head", self.cim("stream", "check", status=BAD_DATA).out)
        self.cim("stream", "info", "--store", self.at("no-such"), status=NO_STORE)


if __name__ == "__main__":
    unittest.main()
