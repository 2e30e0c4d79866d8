#!/usr/bin/env python3
"""Builds nats-server's Sublist as a program and runs it and ours on the matcher's workloads; README.md says more.

Prints one JSON document to stdout (or --out), and tables to stderr.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from run import HERE, ROOT, Unavailable, build, positive, tool

TIMES = ["cached_ns", "uncached_ns", "has_interest_ns", "prepared_ns", "subscribe_ns", "bytes_per_pattern"]


def nats_sublist(target):
    program = target / "peer_nats_sublist"
    build([tool("go"), "build", "-mod=readonly", "-trimpath", "-ldflags=-s -w", "-o", program, "."], HERE / "nats_sublist")
    return program


def run(program, patterns, milliseconds, repetitions):
    command = [program, patterns, patterns.with_suffix(".subjects"), milliseconds, repetitions]
    done = subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise Unavailable(f"{program} ended with status {done.returncode}, see above")
    return json.loads(done.stdout)


def median_of(rounds):
    """One result for several runs of one program: the medians."""
    result = dict(rounds[0])
    for time in TIMES:
        if time in result:
            result[time] = round(statistics.median(r[time] for r in rounds), 2)
    for name in ("cached_m_per_s", "uncached_m_per_s"):
        result[name] = {threads: round(statistics.median(r[name][threads] for r in rounds), 2) for threads in result[name]}
    return result


def table(workloads):
    row = "{:<10} {:<12} {:>9} {:>9} {:>10} {:>12} {:>12} {:>7}   {}"
    yield row.format("workload", "who", "hits", "kept ns", "searched", "has_interest", "subscribe ns", "bytes", "searched M/s by threads")
    for name, results in workloads.items():
        for r in results:
            threads = " ".join(f"{n}:{speed}" for n, speed in r["uncached_m_per_s"].items())
            yield row.format(name, r["peer"], r["hits_per_match"], r["cached_ns"], r["uncached_ns"], r["has_interest_ns"],
                             r["subscribe_ns"], r["bytes_per_pattern"], threads)
        if len(results) == 2:
            ours, theirs = results
            yield "{}: theirs takes {:.1f} x as long kept, {:.1f} x searched; {:.1f} x the memory".format(
                name, theirs["cached_ns"] / ours["cached_ns"], theirs["uncached_ns"] / ours["uncached_ns"],
                theirs["bytes_per_pattern"] / ours["bytes_per_pattern"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--ours", type=Path, metavar="PROGRAM", default=ROOT / "build" / "bin" / "bench" / "matcher_bench")
    parser.add_argument("--build-dir", type=Path, default=ROOT / "build" / "peers")
    parser.add_argument("--milliseconds", type=positive, default=200, help="of each figure (default: %(default)s)")
    parser.add_argument("--rounds", type=positive, default=5, help="runs of each program in turn (default: %(default)s)")
    parser.add_argument("--only", action="append", help="a workload; may be repeated (default: all)")
    parser.add_argument("--out", type=Path, help="write the JSON here instead of to stdout")
    arguments = parser.parse_args()
    target = (arguments.build_dir / "nats_sublist").resolve()
    target.mkdir(parents=True, exist_ok=True)
    try:
        programs = [arguments.ours.resolve(), nats_sublist(target)]
    except Unavailable as reason:
        sys.exit(f"missing: {reason}")
    workloads = {}
    with tempfile.TemporaryDirectory(prefix="cim-matcher-") as folder:
        subprocess.run([str(programs[0]), "--write-inputs", folder], check=True)
        for patterns in sorted(Path(folder).glob("*.patterns")):
            if arguments.only and patterns.stem not in arguments.only:
                continue
            # In turn, so that a slow minute of the machine falls on both.
            rounds = [[run(program, patterns, arguments.milliseconds, 1) for program in programs]
                      for _ in range(arguments.rounds)]
            workloads[patterns.stem] = [median_of(runs) for runs in zip(*rounds)]
    document = json.dumps({"rounds": arguments.rounds, "milliseconds": arguments.milliseconds, "workloads": workloads}, indent=1)
    if arguments.out is None:
        print(document)
    else:
        arguments.out.write_text(document + "\n")
    for line in table(workloads):
        print(line, file=sys.stderr)


if __name__ == "__main__":
    main()
