// Decodes and encodes dag-cbor blocks with @ipld/dag-cbor, for comparison with ours. ../README.md has the contract.

import * as dagCbor from '@ipld/dag-cbor'
import { readFileSync } from 'node:fs'

const PEER = '@ipld/dag-cbor'

const [path, milliseconds = '300', repetitions = '5'] = process.argv.slice(2)
if (path === undefined) {
  console.error('usage: node main.js INPUT [MILLISECONDS [REPETITIONS]]')
  process.exit(2)
}
const nanoseconds = BigInt(milliseconds) * 1000000n

let refused = 0
let mismatched = 0
const blocks = []
const values = []
for (const block of split(readFileSync(path))) {
  let value
  try {
    value = dagCbor.decode(block)
  } catch {
    refused++
    continue
  }
  if (same(block, value)) {
    blocks.push(block)
    values.push(value)
  } else {
    mismatched++
  }
}
if (blocks.length === 0) throw new Error(`${path}: no block that ${PEER} takes`)

// A result that nobody reads could be optimised away; this one is read below.
let kept
const decodeTimes = []
const encodeTimes = []
for (let i = 0; i < Math.max(1, Number(repetitions)); i++) {
  decodeTimes.push(timePass(() => {
    for (const block of blocks) kept = dagCbor.decode(block)
  }))
  encodeTimes.push(timePass(() => {
    for (const value of values) kept = dagCbor.encode(value)
  }))
}
if (kept === undefined) throw new Error('nothing was encoded')

const bytes = blocks.reduce((sum, block) => sum + block.length, 0)
const decode = median(decodeTimes)
const encode = median(encodeTimes)
const rounded = (value) => Number(value.toFixed(1))
console.log(JSON.stringify({
  peer: PEER,
  version: version(),
  blocks: blocks.length,
  bytes,
  refused,
  mismatched,
  decode_ns_per_block: rounded(decode / blocks.length),
  encode_ns_per_block: rounded(encode / blocks.length),
  decode_mb_s: rounded(bytes * 1e3 / decode),
  encode_mb_s: rounded(bytes * 1e3 / encode)
}))

function split (input) {
  const found = []
  for (let at = 0; at < input.length;) {
    const length = input.readUInt32LE(at)
    const end = at + 4 + length
    if (end > input.length) throw new Error(`${path}: the block at byte ${at} is cut off`)
    // A plain Uint8Array of its own, not a Buffer: what a program would have received.
    found.push(new Uint8Array(input.subarray(at + 4, end)))
    at = end
  }
  return found
}

function same (block, value) {
  try {
    return Buffer.compare(dagCbor.encode(value), block) === 0
  } catch {
    return false
  }
}

// Nanoseconds of one pass, from as many passes as fit into the time of a repetition.
function timePass (pass) {
  const start = process.hrtime.bigint()
  for (let passes = 1; ; passes++) {
    pass()
    const elapsed = process.hrtime.bigint() - start
    if (elapsed >= nanoseconds) return Number(elapsed) / passes
  }
}

function median (times) {
  times.sort((a, b) => a - b)
  const middle = times.length >> 1
  return times.length % 2 === 1 ? times[middle] : (times[middle - 1] + times[middle]) / 2
}

function version () {
  const manifest = new URL('node_modules/@ipld/dag-cbor/package.json', import.meta.url)
  return JSON.parse(readFileSync(manifest, 'utf8')).version
}
