#!/usr/bin/env python3
"""Builds the dag-cbor peers and runs them on files of blocks; README.md beside this file says what they do.

Prints one JSON document to stdout (or --out), and a table to stderr. Builds go to --build-dir, never beside the
sources.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


class Unavailable(Exception):
    """A peer that cannot be run here, and why."""


def tool(name):
    path = shutil.which(name)
    if path is None:
        raise Unavailable(f"{name} is not installed")
    return path


def build(command, folder, **environment):
    """Runs a build step; what it says is shown only where it fails."""
    step = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    if step.returncode != 0:
        print(step.stdout, file=sys.stderr)
        raise Unavailable(f"{Path(command[0]).name} {command[1]} failed with status {step.returncode}, see above")


def serde_ipld_dagcbor(target):
    # Flags for this machine alone would make the figure one of this machine alone.
    flags = {"CARGO_TARGET_DIR": str(target), "RUSTFLAGS": ""}
    build([tool("cargo"), "build", "--release", "--quiet"], HERE / "serde_ipld_dagcbor", **flags)
    return [target / "release" / "peer_serde_ipld_dagcbor"]


def go_ipld_prime(target):
    program = target / "peer_go_ipld_prime"
    command = [tool("go"), "build", "-mod=readonly", "-trimpath", "-ldflags=-s -w", "-o", program, "."]
    build(command, HERE / "go_ipld_prime", GOAMD64="v1")
    return [program]


def ipld_dag_cbor_js(target):
    node, npm = tool("node"), tool("npm")
    source = HERE / "ipld_dag_cbor_js"
    installed_lock = target / "package-lock.json"
    same = installed_lock.exists() and installed_lock.read_bytes() == (source / "package-lock.json").read_bytes()
    complete = target / "installed"
    if not same or not complete.exists():
        complete.unlink(missing_ok=True)
        shutil.copy(source / "package.json", target)
        shutil.copy(source / "package-lock.json", target)
        build([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], target)
        complete.touch()
    shutil.copy(source / "main.js", target)
    return [node, target / "main.js"]


PEERS = [serde_ipld_dagcbor, go_ipld_prime, ipld_dag_cbor_js]


def run(program, file, milliseconds, repetitions):
    command = [str(part) for part in [*program, file, milliseconds, repetitions]]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise Unavailable(f"ended with status {done.returncode} on {file.name}, see above")
    return json.loads(done.stdout)


TIMES = ["decode_ns_per_block", "encode_ns_per_block"]


def median_of(rounds):
    """One result for several runs of one program: the median times, and under `rounds` all of them."""
    result = dict(rounds[0])
    for time in TIMES:
        result[time] = round(statistics.median(r[time] for r in rounds), 1)
        speed = time.replace("ns_per_block", "mb_s")
        result[speed] = round(result["bytes"] / result["blocks"] * 1e3 / result[time], 1)
    result["rounds"] = [{time: r[time] for time in TIMES} for r in rounds]
    return result


def measure(programs, file, arguments, missing):
    """Runs the programs in turn, round after round, so that a slow minute of the machine falls on all of them."""
    rounds = {name: [] for name in programs}
    for _ in range(arguments.rounds):
        for name, program in programs.items():
            if name in missing:
                continue
            try:
                rounds[name].append(run(program, file.resolve(), arguments.milliseconds, arguments.repetitions))
            except Unavailable as reason:
                missing[name] = str(reason)
    return {name: median_of(runs) for name, runs in rounds.items() if len(runs) == arguments.rounds}


def compare(results):
    """How many times as long as ours the fastest peer takes."""
    ours = results.get("ours")
    peers = [result for name, result in results.items() if name != "ours"]
    if ours is None or not peers:
        return None
    ratios = {}
    for time in TIMES:
        fastest = min(peers, key=lambda result: result[time])
        ratios[time.split("_")[0]] = {"fastest": fastest["peer"], "ratio": round(fastest[time] / ours[time], 2)}
    return ratios


def table(inputs):
    row = "{:<24} {:<20} {:>9} {:>7} {:>8} {:>12} {:>12}"
    yield row.format("input", "peer", "version", "blocks", "refused", "decode ns", "encode ns")
    for file in inputs:
        for r in file["results"]:
            left_out = r["refused"] + r["mismatched"]
            yield row.format(file["input"], r["peer"], r["version"], r["blocks"], left_out, *(r[t] for t in TIMES))
        for work, ratio in (file["fastest_peer_over_ours"] or {}).items():
            yield f"{file['input']}: {work}: {ratio['fastest']} takes {ratio['ratio']} x as long as ours"


def positive(text):
    value = int(text)
    if value < 1:
        raise ValueError
    return value


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("inputs", nargs="*", type=Path, metavar="INPUT", help="file of [length, block] records")
    parser.add_argument("--build-dir", type=Path, default=ROOT / "build" / "peers")
    parser.add_argument("--milliseconds", type=positive, default=300, help="of each repetition (default: %(default)s)")
    parser.add_argument("--repetitions", type=positive, default=5, help="in a run of a program (default: %(default)s)")
    parser.add_argument("--rounds", type=positive, default=5, help="runs of each program (default: %(default)s)")
    parser.add_argument("--ours", type=Path, metavar="PROGRAM", help="a program of the same contract, to compare")
    parser.add_argument("--out", type=Path, help="write the JSON here instead of to stdout")
    parser.add_argument("--require", action="store_true", help="fail where a peer is missing")
    arguments = parser.parse_args()
    for file in arguments.inputs:
        if not file.is_file():
            parser.error(f"{file} is not a file")
    if arguments.ours is not None and not os.access(arguments.ours, os.X_OK):
        parser.error(f"{arguments.ours} is not a program")

    programs, missing = {}, {}
    for peer in PEERS:
        try:
            target = arguments.build_dir.resolve() / peer.__name__
            target.mkdir(parents=True, exist_ok=True)
            programs[peer.__name__] = peer(target)
        except Unavailable as reason:
            missing[peer.__name__] = str(reason)

    if arguments.ours is not None:
        programs["ours"] = [arguments.ours.resolve()]

    inputs = []
    for file in arguments.inputs:
        results = measure(programs, file, arguments, missing)
        ratios = compare(results)
        inputs.append({"input": file.name, "results": list(results.values()), "fastest_peer_over_ours": ratios})

    settings = {name: getattr(arguments, name) for name in ["milliseconds", "repetitions", "rounds"]}
    document = json.dumps({**settings, "inputs": inputs, "missing": missing}, indent=1) + "\n"
    if arguments.out is None:
        sys.stdout.write(document)
    else:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text(document)

    for line in table(inputs):
        print(line, file=sys.stderr)
    for name, reason in missing.items():
        print(f"missing: {name}: {reason}", file=sys.stderr)
    return 1 if "ours" in missing or (arguments.require and missing) else 0


if __name__ == "__main__":
    sys.exit(main())
