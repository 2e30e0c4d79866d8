// Decodes and encodes dag-cbor blocks with go-ipld-prime, for comparison with ours. ../README.md has the contract.
package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ipld/go-ipld-prime/codec/dagcbor"
	"github.com/ipld/go-ipld-prime/datamodel"
	"github.com/ipld/go-ipld-prime/node/basicnode"
)

const (
	peer   = "go-ipld-prime"
	module = "github.com/ipld/go-ipld-prime"
)

type result struct {
	Peer             string  `json:"peer"`
	Version          string  `json:"version"`
	Blocks           int     `json:"blocks"`
	Bytes            int     `json:"bytes"`
	Refused          int     `json:"refused"`
	Mismatched       int     `json:"mismatched"`
	DecodeNsPerBlock float64 `json:"decode_ns_per_block"`
	EncodeNsPerBlock float64 `json:"encode_ns_per_block"`
	DecodeMbS        float64 `json:"decode_mb_s"`
	EncodeMbS        float64 `json:"encode_mb_s"`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) < 2 {
		return fmt.Errorf("usage: %s INPUT [MILLISECONDS [REPETITIONS]]", os.Args[0])
	}
	milliseconds, err := argument(2, 300)
	if err != nil {
		return err
	}
	repetitions, err := argument(3, 5)
	if err != nil {
		return err
	}
	duration := time.Duration(milliseconds) * time.Millisecond

	input, err := os.ReadFile(os.Args[1])
	if err != nil {
		return err
	}
	all, err := split(input)
	if err != nil {
		return fmt.Errorf("%s: %w", os.Args[1], err)
	}

	out := result{Peer: peer, Version: version()}
	var blocks [][]byte
	var nodes []datamodel.Node
	var buffer bytes.Buffer
	for _, block := range all {
		node, err := decode(block)
		if err != nil {
			out.Refused++
			continue
		}
		buffer.Reset()
		if err := dagcbor.Encode(node, &buffer); err != nil || !bytes.Equal(buffer.Bytes(), block) {
			out.Mismatched++
			continue
		}
		blocks = append(blocks, block)
		nodes = append(nodes, node)
		out.Bytes += len(block)
	}
	if len(blocks) == 0 {
		return fmt.Errorf("%s: no block that %s takes", os.Args[1], peer)
	}

	var decodeTimes, encodeTimes []float64
	for range max(1, repetitions) {
		decodeTimes = append(decodeTimes, timePass(duration, func() {
			for _, block := range blocks {
				node, err := decode(block)
				if err != nil {
					panic(err)
				}
				runtime.KeepAlive(node)
			}
		}))
		encodeTimes = append(encodeTimes, timePass(duration, func() {
			for _, node := range nodes {
				buffer.Reset()
				if err := dagcbor.Encode(node, &buffer); err != nil {
					panic(err)
				}
			}
		}))
	}

	out.Blocks = len(blocks)
	decodeTime, encodeTime := median(decodeTimes), median(encodeTimes)
	out.DecodeNsPerBlock = rounded(decodeTime / float64(len(blocks)))
	out.EncodeNsPerBlock = rounded(encodeTime / float64(len(blocks)))
	out.DecodeMbS = rounded(float64(out.Bytes) * 1e3 / decodeTime)
	out.EncodeMbS = rounded(float64(out.Bytes) * 1e3 / encodeTime)
	return json.NewEncoder(os.Stdout).Encode(out)
}

func argument(index, standard int) (int, error) {
	if len(os.Args) <= index {
		return standard, nil
	}
	return strconv.Atoi(os.Args[index])
}

func split(input []byte) ([][]byte, error) {
	var blocks [][]byte
	for len(input) > 0 {
		if len(input) < 4 {
			return nil, fmt.Errorf("a length is cut off")
		}
		length := uint64(binary.LittleEndian.Uint32(input))
		input = input[4:]
		if length > uint64(len(input)) {
			return nil, fmt.Errorf("a block of %d bytes is cut off", length)
		}
		blocks = append(blocks, input[:length:length])
		input = input[length:]
	}
	return blocks, nil
}

func decode(block []byte) (datamodel.Node, error) {
	builder := basicnode.Prototype.Any.NewBuilder()
	if err := dagcbor.Decode(builder, bytes.NewReader(block)); err != nil {
		return nil, err
	}
	return builder.Build(), nil
}

// timePass returns the nanoseconds of one pass, from as many passes as fit into duration.
func timePass(duration time.Duration, pass func()) float64 {
	start := time.Now()
	for passes := 1; ; passes++ {
		pass()
		if elapsed := time.Since(start); elapsed >= duration {
			return float64(elapsed.Nanoseconds()) / float64(passes)
		}
	}
}

func median(times []float64) float64 {
	slices.Sort(times)
	middle := len(times) / 2
	if len(times)%2 == 1 {
		return times[middle]
	}
	return (times[middle-1] + times[middle]) / 2
}

func rounded(value float64) float64 {
	text := strconv.FormatFloat(value, 'f', 1, 64)
	value, _ = strconv.ParseFloat(text, 64)
	return value
}

func version() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dependency := range info.Deps {
			if dependency.Path == module {
				return strings.TrimPrefix(dependency.Version, "v")
			}
		}
	}
	return "unknown"
}
