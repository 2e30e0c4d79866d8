"""Aim: the viewer's server shows the log and nothing else, to nobody else, and bears readers of all kinds.
Method: real HTTP against `cim view` on a free loopback port; a client of sockets where a library would be too polite."""

import http.client
import json
import signal
import socket
import time
import unittest

from command import FAILED, NO_STORE, USAGE, CommandTest


class ViewTest(CommandTest):
    def view(self, *arguments, **environment):
        """Starts the server; its port."""
        self.environment.update(environment)
        child = self.start("view", "--store", self.store, "--port", "0", "--json", *arguments)
        self.addCleanup(child.stdout.close)
        self.addCleanup(child.stderr.close)
        self.addCleanup(self.end, child)
        line = child.stdout.readline()
        if not line:
            self.fail(f"cim view ended: {child.stderr.read().decode()}")
        self.child = child
        self.address = json.loads(line)
        self.port = self.address["port"]
        return self.port

    def end(self, child):
        if child.poll() is None:
            child.send_signal(signal.SIGINT)
            child.wait(30)

    def get(self, path, method="GET", **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        self.addCleanup(connection.close)
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        answer.content = answer.read()
        return answer

    def api(self, path, status=200, **headers):
        answer = self.get("/api/" + path, **headers)
        self.assertEqual(answer.status, status, answer.content)
        return json.loads(answer.content)

    def ready(self):
        """Waits until the log is read."""
        for _ in range(500):
            status = self.api("status")["status"]
            if status["state"] != "loading":
                return status
            time.sleep(0.02)
        self.fail("the log is not read")

    def follow(self, path="/api/changes"):
        """A stream that stays open: its lines as they come."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        self.addCleanup(connection.close)
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.connection = connection
        return answer


class Api(ViewTest):
    def test_status_state_and_changes_agree_with_the_command_line(self):
        self.graph()
        self.view()
        status = self.ready()
        self.assertEqual((status["state"], status["events"], status["nodes"], status["edges"]), ("live", 5, 3, 2))
        for at in range(6):
            said = self.api(f"state?at={at}")
            self.assertEqual(said["sequence"], at)
        said = self.cim("replay", "--json").json
        self.assertEqual((self.api("state")["state_cid"], self.api("state")["nodes"]), (said["state_cid"], said["nodes"]))
        # To the end of the first transaction; `--until 1` ends there, too.
        self.assertEqual(self.api("state?at=3")["state_cid"], self.cim("replay", "--json", "--until", "1").json["state_cid"])

    def test_changes_come_as_lines_from_any_event(self):
        self.graph()
        self.view()
        self.ready()
        stream = self.follow("/api/changes?after=3")
        hello = json.loads(stream.readline())["hello"]
        self.assertEqual((hello["protocol"], hello["aggregate"]), (1, None))
        self.assertEqual(hello["cid"], self.api("event?sequence=3")["cid"])
        line = json.loads(stream.readline())
        self.assertEqual(line["sequences"][-1], 5)
        self.assertEqual(line["node_kinds"], [0, "Document", "Task"])
        self.assertEqual(line["changes"][0], [0, 0, "n1", "One"])
        self.assertEqual(line["changes"][2], [4, 0, 0, 1])
        self.lines(("g", "NodeRemoved", {"node_id": "n2"}))
        appended = time.monotonic()
        while "sequences" not in line or line["sequences"] != [6]:
            line = json.loads(stream.readline())
        self.assertLess(time.monotonic() - appended, 1)
        self.assertEqual(sorted(line["changes"][0][:4:2]), [5, 5], "its edges go first")
        self.assertEqual(line["changes"][0][-2:], [1, 1])

    def test_silence_is_broken_by_heartbeats(self):
        self.graph()
        self.view()
        self.ready()
        stream = self.follow("/api/changes?after=5")
        stream.readline()
        self.assertEqual(json.loads(stream.readline())["status"]["state"], "live")

    def test_blocks_are_a_car_that_cim_reads(self):
        self.graph()
        self.view()
        car = self.get("/api/blocks")
        self.assertEqual(car.getheader("Content-Type"), "application/vnd.ipld.car; version=1")
        (self.folder / "blocks.car").write_bytes(car.content)
        self.cim("car", "import", "blocks.car", "--store", "sqlite:copy.db")
        self.assertEqual(self.cim("heads", "--json", "--store", "sqlite:copy.db").json[0]["cid"], self.cim("heads", "--json").json[0]["cid"])
        self.assertLess(len(self.get("/api/blocks?after=3").content), len(car.content))

    def test_nodes_events_search_and_exports(self):
        self.graph()
        self.view()
        self.ready()
        node = self.api("node?id=n2")
        self.assertEqual((node["type"], node["edge_count"], node["edges"][0]["outgoing"]), ("Document", 2, False))
        self.assertEqual(self.api("node?id=n1")["properties"], {"title": "One"})
        self.api("node?id=n3&at=3", status=404)
        event = self.api("event?sequence=4")
        self.assertEqual((event["event_type"], event["transaction_id"], event["aggregate_sequence"]), ("NodeCreated", "t2", 4))
        self.assertEqual([n["id"] for n in self.api("search?q=ONE")["nodes"]], ["n1"])
        self.assertEqual(self.api("search?q=task&at=3")["found"], 0)
        for name in ("dot", "graphml", "json"):
            exported = self.get(f"/api/export?format={name}&at=3")
            self.assertEqual(exported.status, 200)
            self.assertIn(f"graph-3.{name}", exported.getheader("Content-Disposition"))
            said = self.cim("graph", "export", name, "--at", "3").out
            self.assertEqual(exported.content.decode(), said)

    def test_one_aggregate(self):
        self.graph()
        self.numbers(5)
        self.view("--aggregate", "g")
        self.assertEqual(self.ready()["events"], 5)
        self.assertEqual(self.api("state")["state_cid"], self.cim("replay", "--json", "--aggregate", "g").json["state_cid"])

    def test_a_mapping_file(self):
        self.numbers(3)
        mapping = {"events": {"Counted": [{"AddNode": {"id": "number {n}", "type": "Number"}}]}}
        (self.folder / "map.json").write_text(json.dumps(mapping))
        self.view("--mapping", "map.json")
        self.assertEqual(self.ready()["nodes"], 3)

    def test_what_is_asked_wrongly(self):
        self.graph()
        self.view()
        self.ready()
        for path, status in (("state?at=x", 400), ("state?at=-1", 400), ("state?at=6", 404), ("state?at=99999999999999999999", 400),
                             ("event?sequence=0", 404), ("event?sequence=77", 404), ("node", 404), ("search", 400), ("search?q=", 400),
                             (f"search?q={'x' * 201}", 400), ("export?format=svg", 400), ("export", 400), ("nothing", 404), ("", 404)):
            with self.subTest(path):
                self.assertIn("message", self.api(path, status=status)["error"])

    def test_a_damaged_event_ends_what_is_shown(self):
        self.numbers(30)
        database = self.database()
        block, = database.execute("SELECT block FROM events WHERE sequence = 17").fetchone()
        changed = bytearray(block)
        changed[len(changed) // 2] ^= 1
        database.execute("UPDATE events SET block = ? WHERE sequence = 17", (bytes(changed),))
        database.commit()
        self.view()
        status = self.ready()
        self.assertEqual((status["state"], status["events"]), ("broken", 16))
        self.assertIn("17", status["error"]["message"])

    def test_ends_by_a_signal_also_while_it_is_read(self):
        self.graph()
        self.view()
        self.follow().readline()
        began = time.monotonic()
        self.child.send_signal(signal.SIGTERM)
        self.assertEqual(self.child.wait(30), 0)
        self.assertLess(time.monotonic() - began, 8)


class Safety(ViewTest):
    def setUp(self):
        super().setUp()
        self.graph()

    def test_nothing_but_the_page_is_served(self):
        (self.folder / "secret").write_text("secret")
        self.view()
        for path in ("/../secret", "/..%2fsecret", "/%2e%2e/secret", "/....//secret", "//etc/passwd", "/etc/passwd", "/.git/config",
                     "/index.html/../../secret", "/%00", "/api/../../secret", "/\\..\\secret", "/test.db"):
            with self.subTest(path):
                self.assertIn(self.get(path).status, (400, 404))

    def test_only_reading_is_answered(self):
        self.view()
        for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
            self.assertIn(self.get("/api/status", method=method).status, (400, 405), method)
        self.assertEqual(self.get("/api/status", method="HEAD").status, 200)

    def test_a_name_that_was_made_to_point_here_is_refused(self):
        self.view()
        for host in ("evil.example", f"evil.example:{self.port}", "127.0.0.1", "127.0.0.1:1", f"127.0.0.1.evil.example:{self.port}", ""):
            with self.subTest(host):
                self.assertEqual(self.get("/api/status", Host=host).status, 403)
                self.assertEqual(self.get("/", Host=host).status, 403)
        for host in ("127.0.0.1", "localhost", "[::1]"):
            self.assertEqual(self.get("/api/status", Host=f"{host}:{self.port}").status, 200)

    def test_a_page_from_elsewhere_is_refused(self):
        self.view()
        own = f"http://127.0.0.1:{self.port}"
        self.assertEqual(self.get("/api/status", Origin=own).status, 200)
        for origin in ("http://evil.example", "null", f"https://127.0.0.1:{self.port}", "http://127.0.0.1"):
            self.assertEqual(self.get("/api/status", Origin=origin).status, 403, origin)
        for site, status in (("same-origin", 200), ("none", 200), ("cross-site", 403), ("same-site", 403)):
            self.assertEqual(self.get("/api/status", Sec_Fetch_Site=site).status, status, site)

    def test_every_answer_has_the_headers_that_bind_a_page(self):
        self.view()
        for path in ("/", "/api/status", "/nothing"):
            answer = self.get(path)
            self.assertIn("default-src 'none'", answer.getheader("Content-Security-Policy"))
            self.assertNotIn("unsafe", answer.getheader("Content-Security-Policy"))
            self.assertEqual(answer.getheader("X-Content-Type-Options"), "nosniff")
            self.assertIsNone(answer.getheader("Access-Control-Allow-Origin"))

    def test_a_token_is_needed_beyond_this_machine(self):
        self.assertSays(self.cim("view", "--host", "0.0.0.0", "--port", "0", status=USAGE), "token")
        self.assertSays(self.cim("view", "--host", "0.0.0.0", "--port", "0", status=USAGE, CIM_VIEW_TOKEN="short"), "16")

    def test_the_token_opens_the_data(self):
        token = "0123456789abcdef0123"
        self.view(CIM_VIEW_TOKEN=token)
        self.assertTrue(self.address["url"].endswith("#token=" + token))
        self.assertEqual(self.get("/").status, 200, "the page holds no secrets")
        for headers in ({}, {"Authorization": "Bearer " + token[:-1]}, {"Authorization": "Bearer"}, {"Authorization": token}):
            self.assertEqual(self.get("/api/status", **headers).status, 401, headers)
        self.assertEqual(self.get("/api/status", Authorization="Bearer " + token).status, 200)
        self.assertEqual(self.get("/api/status?token=" + token).status, 200)

    def test_bad_arguments(self):
        self.assertEqual(self.cim("view", "--aggregate", "missing", status=FAILED).out, "")
        self.assertSays(self.cim("view", "--store", "sqlite:missing.db", status=NO_STORE), "missing.db")
        self.cim("view", "--port", "65536", status=USAGE)
        (self.folder / "bad.json").write_text('{"events":\n  [}')
        self.assertSays(self.cim("view", "--mapping", "bad.json", status=FAILED), "line 2")
        taken = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(taken.close)
        self.assertSays(self.cim("view", "--port", taken.getsockname()[1], status=FAILED), "--port 0")


class Load(ViewTest):
    def test_one_follower_too_many_is_told_to_come_back(self):
        self.graph()
        self.view()
        self.ready()
        streams = [self.follow() for _ in range(64)]
        for stream in streams:
            self.assertIn(b"hello", stream.readline())
        refused = self.get("/api/changes")
        self.assertEqual((refused.status, refused.getheader("Retry-After")), (503, "5"))
        self.assertEqual(self.api("status")["status"]["state"], "live", "others are answered all the same")
        streams[0].connection.close()
        streams[0].close()
        for _ in range(100):
            stream = self.follow()
            if stream.status == 200:
                break
            time.sleep(0.1)
        self.assertEqual(stream.status, 200, "a place became free")

    def test_readers_that_take_nothing_cost_no_memory(self):
        self.lines(*(("g", "NodeCreated", {"node_id": f"node-{n}", "node_type": "T", "properties": {"text": "x" * 900}}) for n in range(20_000)))
        self.view()
        self.ready()
        before = self.memory()
        sockets = []
        for _ in range(8):
            # A small window, so that little of the answer is on its way.
            client = socket.socket()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(("127.0.0.1", self.port))
            client.sendall(f"GET /api/blocks HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n\r\n".encode())
            self.addCleanup(client.close)
            sockets.append(client)
        time.sleep(1)
        self.assertLess(self.memory() - before, 64 << 20, "8 readers hold a page or two each, of 20 MB that wait for each")
        self.assertEqual(self.api("status")["status"]["state"], "live")

    def test_large_and_broken_requests_are_refused(self):
        self.graph()
        self.view()
        for request in (b"GET /" + b"x" * 10_000 + b" HTTP/1.1\r\n\r\n", b"\x00" * 100 + b"\r\n\r\n", b"GET\r\n\r\n",
                        f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nX: {'y' * 20_000}\r\n\r\n".encode(),
                        f"POST /api/status HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nContent-Length: 99999999999\r\n\r\n".encode()):
            with socket.create_connection(("127.0.0.1", self.port), timeout=30) as client:
                client.sendall(request)
                answer = client.recv(200)
                self.assertTrue(answer == b"" or answer.split()[1][:1] == b"4", answer)
        self.assertEqual(self.ready()["state"], "live")

    def memory(self):
        """Bytes of its own; pages of the store's file, which the system lends, are not counted."""
        with open(f"/proc/{self.child.pid}/status") as file:
            return next(int(line.split()[1]) << 10 for line in file if line.startswith("RssAnon"))


if __name__ == "__main__":
    unittest.main()
