// The test program of the Go client; tests/clients/storm.py says what it is told and answers.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strconv"
	"sync"
	"time"

	"respand"
)

type record = map[string]any

type storm struct {
	client  *respand.Client
	threads int
	prefix  string
	next    int
	took    []time.Duration // by log()
}

func (s *storm) log(count int) {
	took := make([]time.Duration, count)
	var all sync.WaitGroup
	for thread := 0; thread < s.threads; thread++ {
		all.Add(1)
		go func(thread int) {
			defer all.Done()
			for i := thread; i < count; i += s.threads {
				one := record{
					"custom_identifier":  fmt.Sprintf("%s-%d", s.prefix, s.next+i),
					"model":              "gpt-4o",
					"prompt_messages":    []record{{"role": "user", "content": "héllo \x00"}},
					"completion_message": record{"role": "assistant", "content": "Hi."},
					"usage":              map[string]int{"prompt_tokens": 3, "completion_tokens": 2},
				}
				begin := time.Now()
				s.client.Log(one)
				took[i] = time.Since(begin)
			}
		}(thread)
	}
	all.Wait()
	s.next += count
	s.took = append(s.took, took...)
}

func (s *storm) deep() {
	var value any = record{}
	for level := 1; level < 70; level++ {
		value = record{"deep": value}
	}
	s.client.Log(value)
}

func (s *storm) printStats() {
	sort.Slice(s.took, func(i, j int) bool { return s.took[i] < s.took[j] })
	at := func(share float64) float64 {
		if len(s.took) == 0 {
			return 0
		}
		return float64(s.took[int(share*float64(len(s.took)-1))].Nanoseconds()) / 1000
	}
	text, _ := json.Marshal(struct {
		respand.Stats
		P50 float64 `json:"p50_us"`
		P99 float64 `json:"p99_us"`
		Max float64 `json:"max_us"`
	}{s.client.Stats(), at(0.5), at(0.99), at(1)})
	fmt.Println(string(text))
}

func number(text string) float64 {
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(64)
	}
	return value
}

func seconds(value float64) time.Duration { return time.Duration(value * float64(time.Second)) }

func main() {
	settings := respand.Settings{
		Socket: os.Args[1], Spool: os.Args[2], NoSpool: os.Args[2] == "-",
		MaxQueue: int(number(os.Args[5])), CloseTimeout: seconds(number(os.Args[6])),
	}
	if timeout := os.Getenv("STORM_ACK_TIMEOUT"); timeout != "" {
		settings.AckTimeout = seconds(number(timeout))
	}
	s := storm{client: respand.New(settings), threads: int(number(os.Args[3])), prefix: os.Args[4]}
	defer s.client.Close() // What README.md tells to do: the end of main is all that Go lets a library know of.
	for input := bufio.NewScanner(os.Stdin); input.Scan(); {
		var word string
		var count int
		fmt.Sscan(input.Text(), &word, &count)
		switch word {
		case "log":
			s.log(count)
			fmt.Println("logged", count)
		case "deep":
			s.deep()
			fmt.Println("logged 1")
		case "flush":
			fmt.Println("flushed", s.client.Flush(20*time.Second))
		case "stats":
			s.printStats()
		case "exit":
			return
		}
	}
	s.client.Close()
	s.printStats()
}
