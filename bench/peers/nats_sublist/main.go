// Matches subjects against patterns with nats-server's Sublist, for comparison with ours. ../README.md has the contract.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"github.com/nats-io/nats-server/v2/server"
)

type result struct {
	Peer            string             `json:"peer"`
	Version         string             `json:"version"`
	Patterns        int                `json:"patterns"`
	Subjects        int                `json:"subjects"`
	HitsPerMatch    float64            `json:"hits_per_match"`
	SubscribeNs     float64            `json:"subscribe_ns"`
	BytesPerPattern float64            `json:"bytes_per_pattern"`
	CachedNs        float64            `json:"cached_ns"`
	UncachedNs      float64            `json:"uncached_ns"`
	HasInterestNs   float64            `json:"has_interest_ns"`
	CachedMPerS     map[string]float64 `json:"cached_m_per_s"`
	UncachedMPerS   map[string]float64 `json:"uncached_m_per_s"`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) < 3 {
		return fmt.Errorf("usage: %s PATTERNS SUBJECTS [MILLISECONDS [REPETITIONS]]", os.Args[0])
	}
	patterns, err := lines(os.Args[1])
	if err != nil {
		return err
	}
	subjects, err := lines(os.Args[2])
	if err != nil {
		return err
	}
	milliseconds, repetitions := argument(3, 300), argument(4, 5)
	duration := time.Duration(milliseconds) * time.Millisecond

	before := heap()
	cached := server.NewSublistWithCache()
	insert(cached, patterns)
	bytes := float64(heap()-before) / float64(len(patterns))
	uncached := server.NewSublistNoCache()
	runtime.LockOSThread()
	began := threadTime()
	insert(uncached, patterns)
	subscribe := (threadTime() - began) / float64(len(patterns))
	runtime.UnlockOSThread()

	hits := 0
	for _, subject := range subjects {
		// The results' fields are not exported.
		hits += reflect.ValueOf(uncached.Match(subject)).Elem().FieldByName("psubs").Len()
	}
	r := result{
		Peer: "nats-server", Version: version(), Patterns: len(patterns), Subjects: len(subjects),
		HitsPerMatch: float64(hits) / float64(len(subjects)), SubscribeNs: subscribe, BytesPerPattern: bytes,
		CachedMPerS: map[string]float64{}, UncachedMPerS: map[string]float64{},
	}
	r.CachedNs = median(repetitions, func() float64 { return 1e3 / rate(1, subjects, duration, func(s string) { cached.Match(s) }) })
	r.UncachedNs = median(repetitions, func() float64 { return 1e3 / rate(1, subjects, duration, func(s string) { uncached.Match(s) }) })
	r.HasInterestNs = median(repetitions, func() float64 { return 1e3 / rate(1, subjects, duration, func(s string) { uncached.HasInterest(s) }) })
	for _, threads := range []int{1, 2, 4} {
		name := strconv.Itoa(threads)
		r.CachedMPerS[name] = median(repetitions, func() float64 { return rate(threads, subjects, duration, func(s string) { cached.Match(s) }) })
		r.UncachedMPerS[name] = median(repetitions, func() float64 { return rate(threads, subjects, duration, func(s string) { uncached.Match(s) }) })
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

// Insert takes a pointer to a type that is not exported; reflection can make one and set its subject.
func insert(list *server.Sublist, patterns []string) {
	method := reflect.ValueOf(list).MethodByName("Insert")
	kind := method.Type().In(0).Elem()
	field, _ := kind.FieldByName("subject")
	for _, pattern := range patterns {
		subscription := reflect.New(kind)
		*(*[]byte)(unsafe.Add(subscription.UnsafePointer(), field.Offset)) = []byte(pattern)
		if err := method.Call([]reflect.Value{subscription})[0]; !err.IsNil() {
			fmt.Fprintln(os.Stderr, pattern, err.Interface())
			os.Exit(1)
		}
	}
}

// Millions of matches a second that that many threads make of their processor time, each going round the subjects from a
// place of its own. Not of the time of day, in which other programs run, too.
func rate(threads int, subjects []string, duration time.Duration, match func(string)) float64 {
	speeds := make([]float64, threads)
	var group sync.WaitGroup
	began := time.Now()
	for thread := range threads {
		group.Add(1)
		go func() {
			defer group.Done()
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			at := thread * len(subjects) / threads
			count := 0
			cpu := threadTime()
			for {
				for range 256 {
					match(subjects[at])
					if at++; at == len(subjects) {
						at = 0
					}
				}
				count += 256
				if time.Since(began) >= duration && count >= 4096 {
					break
				}
			}
			speeds[thread] = float64(count) / (threadTime() - cpu) * 1e3
		}()
	}
	group.Wait()
	total := 0.0
	for _, speed := range speeds {
		total += speed
	}
	return total
}

// Nanoseconds of processor time of the calling thread.
func threadTime() float64 {
	var now syscall.Timespec
	const threadCPUTime = 3
	if _, _, failed := syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, threadCPUTime, uintptr(unsafe.Pointer(&now)), 0); failed != 0 {
		panic(failed)
	}
	return float64(now.Nano())
}

func median(repetitions int, measure func() float64) float64 {
	figures := make([]float64, repetitions)
	for i := range figures {
		figures[i] = measure()
	}
	slices.Sort(figures)
	return figures[repetitions/2]
}

func heap() uint64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

func lines(path string) ([]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var all []string
	scanner := bufio.NewScanner(file)
	for scanner.Scan() {
		all = append(all, scanner.Text())
	}
	return all, scanner.Err()
}

func argument(index, otherwise int) int {
	if len(os.Args) > index {
		if value, err := strconv.Atoi(os.Args[index]); err == nil && value > 0 {
			return value
		}
	}
	return otherwise
}

func version() string {
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if module.Path == "github.com/nats-io/nats-server/v2" {
			return module.Version
		}
	}
	return "unknown"
}
