// Further tests of the Go client: what it makes of records, and what OnError hears. Nothing listens: the spool shows the lines.
package main

import (
	"bufio"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"respand"
)

const far = 20 * time.Second

func settings(t *testing.T) respand.Settings {
	folder := t.TempDir()
	return respand.Settings{Socket: filepath.Join(folder, "nobody.sock"), Spool: folder}
}

// The lines in the spool.
func spooled(t *testing.T, folder string) []string {
	names, _ := filepath.Glob(filepath.Join(folder, "*.ndjson"))
	var lines []string
	for _, name := range names {
		file, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		scanner := bufio.NewScanner(file)
		for scanner.Scan() {
			lines = append(lines, scanner.Text())
		}
	}
	return lines
}

type call struct {
	Model  string  `json:"model"`
	Cost   float64 `json:"cost,omitempty"`
	Stamp  string  `json:"timestamp,omitempty"`
	hidden int
}

type panics struct{}

func (panics) MarshalJSON() ([]byte, error) { panic("by intent") }

func TestRecordsBecomeLines(t *testing.T) {
	given := []any{
		map[string]any{"a": "<&>\n\u2028", "timestamp": "T", "custom_identifier": "I"},
		call{Model: "m", Stamp: "T", hidden: 1},
		json.RawMessage("{ \"time\\u0073tamp\" : null,\r\n \"custom_identifier\":\"I\", \"b\":{\"timestamp\":[\"}\\\"\"]}}"),
		map[string]any{},
		map[string]string{"bytes": "a\xffb"},
		map[string]any{"in": map[string]int{"timestamp": 1, "custom_identifier": 2}},
	}
	wanted := []string{
		`^{"a":"<&>\\n\\u2028","custom_identifier":"I","timestamp":"T"}$`,
		`^{"model":"m","timestamp":"T","custom_identifier":"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"}$`,
		`^{"time\\u0073tamp":null,"custom_identifier":"I","b":{"timestamp":\["}\\""\]}}$`,
		`^{"timestamp":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z","custom_identifier":"[0-9a-f-]{36}"}$`,
		`^{"bytes":"a\\ufffdb","timestamp":"[^"]+","custom_identifier":"[^"]+"}$`,
		`^{"in":{"custom_identifier":2,"timestamp":1},"timestamp":"[^"]+","custom_identifier":"[^"]+"}$`,
	}
	s := settings(t)
	client := respand.New(s)
	for _, one := range given {
		if !client.Log(one) {
			t.Errorf("not taken: %v: %s", one, client.Stats().LastError)
		}
	}
	if err := client.Close(); err != nil {
		t.Error(err)
	}
	lines := spooled(t, s.Spool)
	if len(lines) != len(wanted) {
		t.Fatalf("%d lines: %q", len(lines), lines)
	}
	for i := range wanted {
		if !regexp.MustCompile(wanted[i]).MatchString(lines[i]) {
			t.Errorf("%s\nis not\n%s", lines[i], wanted[i])
		}
	}
}

func TestWhatIsNoRecordIsRefusedAndToldOnce(t *testing.T) {
	heard := make(chan string, 100)
	s := settings(t)
	s.MaxRecord = 1000
	s.OnError = func(record any, reason string) {
		heard <- reason
		panic("ignored")
	}
	client := respand.New(s)
	cyclic := map[string]any{}
	cyclic["self"] = cyclic
	wrong := []any{nil, 7, "text", []int{1}, map[string]any{"n": math.NaN()}, map[string]any{"n": math.Inf(1)}, make(chan int), panics{}, cyclic,
		json.RawMessage(`{"a":`), json.RawMessage(`{} {}`), map[string]string{"long": strings.Repeat("x", 1000)}}
	for _, one := range wrong {
		if client.Log(one) {
			t.Errorf("taken: %v", one)
		}
		select {
		case reason := <-heard:
			if reason == "" {
				t.Error("no reason")
			}
		case <-time.After(far):
			t.Fatal("OnError hears nothing")
		}
	}
	if stats := client.Stats(); stats.Refused != uint64(len(wrong)) || stats.Logged != stats.Refused {
		t.Errorf("%+v", stats)
	}
	client.Close()
	if lines := spooled(t, s.Spool); len(lines) != 0 {
		t.Errorf("spooled: %q", lines)
	}
}

func TestTheLongestRecordIsTaken(t *testing.T) {
	s := settings(t)
	s.MaxRecord = len(`{"timestamp":"T","custom_identifier":"I"}`)
	client := respand.New(s)
	defer client.Close()
	if !client.Log(json.RawMessage(`{"timestamp":"T","custom_identifier":"I"}`)) {
		t.Error("the longest record is refused")
	}
	if client.Log(json.RawMessage(`{"timestamp":"T","custom_identifier":"II"}`)) {
		t.Error("a longer one is taken")
	}
}

func TestBytesAreBounded(t *testing.T) {
	s := settings(t)
	s.NoSpool, s.MaxQueueBytes, s.MaxWait, s.CloseTimeout = true, 1000, -1, time.Millisecond
	client := respand.New(s)
	line := json.RawMessage(`{"timestamp":"` + strings.Repeat("T", 400) + `","custom_identifier":"I"}`)
	if !client.Log(line) || !client.Log(line) || client.Log(line) {
		t.Errorf("two of 443 bytes have room, not three: %+v", client.Stats())
	}
	if client.Flush(0) {
		t.Error("Flush says that what waits is settled")
	}
	if client.Close() == nil {
		t.Error("Close does not say that records were dropped")
	}
	if stats := client.Stats(); stats.Dropped != 3 || stats.Queued != 0 {
		t.Errorf("%+v", stats)
	}
}

func TestAfterCloseNothingIsTaken(t *testing.T) {
	s := settings(t)
	client := respand.New(s)
	client.Log(call{Model: "m"})
	if err := client.Close(); err != nil {
		t.Error(err)
	}
	if client.Log(call{Model: "late"}) {
		t.Error("taken after Close")
	}
	if err := client.Close(); err != nil || !client.Flush(far) {
		t.Error("a second Close, or a Flush behind it, fails", err)
	}
	if stats := client.Stats(); stats.Spooled != 1 || stats.Dropped != 1 {
		t.Errorf("%+v", stats)
	}
}

func TestManyGoroutinesCloseAndLogAtOnce(t *testing.T) {
	s := settings(t)
	s.OnError = func(any, string) {}
	client := respand.New(s)
	var all sync.WaitGroup
	for i := 0; i < 8; i++ {
		all.Add(1)
		go func(i int) {
			defer all.Done()
			for n := 0; n < 500; n++ {
				client.Log(call{Model: "m"})
				client.Stats()
			}
			if i == 7 {
				client.Flush(time.Millisecond)
				client.Close()
			}
		}(i)
	}
	all.Wait()
	client.Close()
	stats := client.Stats()
	if stats.Logged != 4000 || stats.Spooled+stats.Dropped != 4000 || uint64(len(spooled(t, s.Spool))) != stats.Spooled {
		t.Errorf("%+v", stats)
	}
}

func TestTheEnvironmentNamesPlaces(t *testing.T) {
	s := settings(t)
	t.Setenv("RESPAND_SOCKET_PATH", s.Socket)
	t.Setenv("RESPAND_SPOOL_DIRECTORY", s.Spool)
	client := respand.New(respand.Settings{})
	client.Log(call{Model: "m"})
	client.Close()
	if len(spooled(t, s.Spool)) != 1 || !strings.Contains(client.Stats().LastError, s.Socket) {
		t.Errorf("%+v", client.Stats())
	}
}
