// Package respand hands records of model calls over to respand, the log-shipping daemon of this host.
// One file without dependencies, for Go 1.19 or later; README.md beside it says what it promises.
// Licence: Apache-2.0, as the repository's LICENSE says.
//
// One goroutine, the sender, owns the connection and the spool; a second one reads the answers of a connection. The
// records wait as lines in one queue: its first `sent` entries have been written to the connection and have no answer yet.
package respand

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	mathrand "math/rand"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Settings of a client. A zero value stands for the default.
type Settings struct {
	Socket        string        // $RESPAND_SOCKET_PATH, else /run/respand/respand.sock
	Spool         string        // $RESPAND_SPOOL_DIRECTORY, else /var/spool/respand
	NoSpool       bool          // nothing is spooled
	MaxQueue      int           // records that may wait: 10,000
	MaxQueueBytes int           // and their bytes: 64 MiB
	MaxWait       time.Duration // how long Log may wait for room: 5 ms; negative: not at all
	MaxRecord     int           // the longest line: 20 MiB
	SpoolAfter    time.Duration // without a connection, until records are spooled: 1 s
	AckTimeout    time.Duration // without an answer, until a connection counts as lost: 30 s
	CloseTimeout  time.Duration // how long Close may flush: 2 s

	// OnError hears of each refused or dropped record, and why, on the sender's goroutine. The record is the line as a
	// string, or what Log was given where no line could be made of it. What it panics with is ignored.
	OnError func(record any, reason string)
}

// Stats says what became of the records: Logged = Durable + Spooled + Refused + Dropped + Queued.
type Stats struct {
	Logged    uint64 `json:"logged"`
	Durable   uint64 `json:"durable"`
	Spooled   uint64 `json:"spooled"`
	Refused   uint64 `json:"refused"`
	Dropped   uint64 `json:"dropped"`
	Queued    uint64 `json:"queued"`
	Connects  uint64 `json:"connects"`
	LastError string `json:"last_error"`
}

const (
	maxInFlightLines = 8192      // lines without an answer on a connection
	maxInFlightBytes = 8 << 20   // and their bytes
	maxWriteBytes    = 256 << 10 // what is gathered for one write
	maxAnswer        = 64 << 10  // the longest line that respand answers
	maxSpoolRecords  = 1000      // a file in the spool
	maxSpoolBytes    = 8 << 20
	maxReports       = 1000 // what waits for OnError; what is more is only counted
	maxReportBytes   = 8 << 20
	firstBackoff     = 50 * time.Millisecond
	lastBackoff      = 5 * time.Second
	connectTimeout   = 5 * time.Second
	finishTimeout    = 5 * time.Second // for the spool's disk, after Close has flushed
)

type entry struct {
	line    []byte // ends in \n; nil where the record was refused and its line is not yet covered by a durable
	number  uint64 // counts from 1 over all that were taken
	refused bool
}

type report struct {
	record any
	reason string
	size   int
}

// Client hands over records. Its methods may be called from any goroutine.
type Client struct {
	settings Settings
	wake     chan struct{} // capacity 1: tells the sender to look again
	done     chan struct{} // closed when the sender has ended

	mu          sync.Mutex // guards what follows
	stats       Stats
	queue       []entry
	queueBytes  int
	sent        int           // entries of the queue that are on the connection
	sentBytes   int           // and their bytes
	settled     uint64        // lines of this connection that are settled: the N of {"durable":N}
	taken       uint64        // the number of the last entry
	changed     chan struct{} // closed when an entry has left the queue; nil where nobody waits
	wanted      func() bool   // what the sender waits for; nil: it does not wait
	hurry       bool          // somebody waits: the next try to connect is due at once
	closing     bool          // nothing is taken any more
	ended       bool          // the time to flush is over
	abandoned   bool          // something was dropped at the end
	conn        net.Conn      // nil: none
	lost        bool          // conn has ended
	backoff     time.Duration
	away        time.Time // since when an answer is missed; zero: respand answers
	reports     []report
	reportBytes int

	// The sender's own.
	random             *mathrand.Rand
	nextTry, nextSpool time.Time // when they are due
	spoolFails         bool      // the last file could not be written
}

// New makes a client and starts its sender. It never fails: where respand is not there yet, records wait.
func New(settings Settings) *Client {
	setDefault(&settings.MaxQueue, 10000)
	setDefault(&settings.MaxQueueBytes, 64<<20)
	setDefault(&settings.MaxRecord, 20<<20)
	setDefault(&settings.MaxWait, 5*time.Millisecond)
	setDefault(&settings.SpoolAfter, time.Second)
	setDefault(&settings.AckTimeout, 30*time.Second)
	setDefault(&settings.CloseTimeout, 2*time.Second)
	setDefault(&settings.Socket, os.Getenv("RESPAND_SOCKET_PATH"))
	setDefault(&settings.Socket, "/run/respand/respand.sock")
	if directory, set := os.LookupEnv("RESPAND_SPOOL_DIRECTORY"); set && settings.Spool == "" {
		settings.Spool = directory
	} else {
		setDefault(&settings.Spool, "/var/spool/respand")
	}
	if settings.NoSpool {
		settings.Spool = ""
	}
	client := &Client{
		settings: settings,
		wake:     make(chan struct{}, 1),
		done:     make(chan struct{}),
		random:   mathrand.New(mathrand.NewSource(time.Now().UnixNano())),
	}
	go client.run()
	return client
}

func setDefault[T comparable](value *T, otherwise T) {
	var zero T
	if *value == zero {
		*value = otherwise
	}
}

// Log takes a record, anything that encoding/json writes as an object, and returns at once: true where it was taken.
// Where the queue is full it waits for MaxWait.
func (c *Client) Log(record any) bool {
	line, err := c.encode(record)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stats.Logged++
	if err != nil {
		c.stats.Refused++
		c.report(report{record, err.Error(), 0})
		return false
	}
	if !c.hasRoom(len(line)) && !c.closing {
		c.await(c.settings.MaxWait, func() bool { return c.closing || c.hasRoom(len(line)) })
	}
	if c.closing || !c.hasRoom(len(line)) {
		reason := "the queue is full"
		if c.closing {
			reason = "the client is closed"
		}
		c.drop(line, reason)
		return false
	}
	c.taken++
	c.stats.Queued++
	c.queueBytes += len(line)
	c.queue = append(c.queue, entry{line: line, number: c.taken})
	c.wakeSender()
	return true
}

// Flush waits until all that was taken before is settled (durable, spooled or refused): true where it is.
func (c *Client) Flush(timeout time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	target := c.taken
	settled := func() bool { return len(c.queue) == 0 || c.queue[0].number > target }
	c.hurry = true
	c.wakeSender()
	return c.await(timeout, settled) && !c.abandoned
}

// Close flushes for CloseTimeout at most, puts what is left into the spool, and ends the client. It is nil where
// nothing was dropped. Go has no hook for the end of a program: call it by defer in main; os.Exit and log.Fatal skip that.
func (c *Client) Close() error { return c.CloseIn(c.settings.CloseTimeout) }

// CloseIn is Close with a timeout of its own.
func (c *Client) CloseIn(timeout time.Duration) error {
	c.mu.Lock()
	c.closing, c.hurry = true, true
	c.broadcast()
	c.wakeSender()
	c.mu.Unlock()
	if !c.hasEnded(timeout) {
		c.mu.Lock()
		c.ended = true
		if c.conn != nil {
			c.conn.Close()
		}
		c.wakeSender()
		c.mu.Unlock()
		if !c.hasEnded(finishTimeout) {
			return errors.New("respand: the spool directory does not answer")
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.abandoned {
		return fmt.Errorf("respand: records were dropped at the end: %s", c.stats.LastError)
	}
	return nil
}

func (c *Client) hasEnded(timeout time.Duration) bool {
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-c.done:
		return true
	case <-timer.C:
		return false
	}
}

// Stats says what became of the records so far.
func (c *Client) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stats
}

// ---- in the caller's goroutine

func (c *Client) hasRoom(size int) bool {
	return c.stats.Queued < uint64(c.settings.MaxQueue) && c.queueBytes+size <= c.settings.MaxQueueBytes
}

// Waits, with the lock given up meanwhile, until it is so or the time is over; says whether it is so.
func (c *Client) await(timeout time.Duration, so func() bool) bool {
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	for !so() {
		if c.changed == nil {
			c.changed = make(chan struct{})
		}
		changed := c.changed
		c.mu.Unlock()
		inTime := true
		select {
		case <-changed:
		case <-timer.C:
			inTime = false
		}
		c.mu.Lock()
		if !inTime {
			return so()
		}
	}
	return true
}

func (c *Client) broadcast() {
	if c.changed != nil {
		close(c.changed)
		c.changed = nil
	}
}

// Wakes the sender once where it waits for what is there now.
func (c *Client) wakeSender() {
	if c.wanted != nil && (len(c.reports) > 0 || c.wanted()) {
		c.wanted = nil
		select {
		case c.wake <- struct{}{}:
		default:
		}
	}
}

// The record as a line, with its time and its identifier. A panic in a MarshalJSON becomes an error.
func (c *Client) encode(record any) (line []byte, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			line, err = nil, fmt.Errorf("the record can't be written as JSON: %v", reason)
		}
	}()
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(record); err != nil {
		return nil, fmt.Errorf("the record can't be written as JSON: %w", err)
	}
	line = text.Bytes()
	if line[0] != '{' {
		return nil, errors.New("the record is no JSON object")
	}
	hasTime, hasIdentifier := members(line)
	line = line[:len(line)-2]
	add := func(name, value string) {
		if len(line) > 1 {
			line = append(line, ',')
		}
		line = append(line, `"`+name+`":"`+value+`"`...)
	}
	if !hasTime {
		add("timestamp", time.Now().UTC().Format("2006-01-02T15:04:05.000000Z"))
	}
	if !hasIdentifier {
		var id [16]byte
		if _, err := rand.Read(id[:]); err != nil {
			return nil, fmt.Errorf("there is no random identifier: %w", err)
		}
		id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
		add("custom_identifier", fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:]))
	}
	line = append(line, "}\n"...)
	if len(line)-1 > c.settings.MaxRecord {
		return nil, fmt.Errorf("the record has %d bytes, more than %d", len(line)-1, c.settings.MaxRecord)
	}
	return line, nil
}

// Which of the two members an object, as encoding/json writes it, has at its top.
func members(line []byte) (hasTime, hasIdentifier bool) {
	for i, depth := 0, 0; i < len(line); i++ {
		switch line[i] {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case '"':
			begin := i
			for i++; line[i] != '"'; i++ {
				if line[i] == '\\' {
					i++
				}
			}
			if depth == 1 && line[i+1] == ':' {
				var name string
				_ = json.Unmarshal(line[begin:i+1], &name)
				hasTime = hasTime || name == "timestamp"
				hasIdentifier = hasIdentifier || name == "custom_identifier"
			}
		}
	}
	return hasTime, hasIdentifier
}

// ---- in the sender's goroutine

func (c *Client) run() {
	defer close(c.done)
	for {
		c.waitFor(time.Time{}, func() bool { return c.closing || len(c.queue) > 0 })
		c.mu.Lock()
		over := c.ended || len(c.queue) == 0
		due := c.hurry || !time.Now().Before(c.nextTry)
		if due {
			c.hurry = false
			if c.away.IsZero() {
				c.away = time.Now()
			}
		}
		c.mu.Unlock()
		if over {
			break
		}
		if due {
			c.connect()
		}
		next, bulk := c.spoolWhatIsDue()
		c.waitFor(next, func() bool { return c.ended || c.hurry || len(c.queue) == 0 || bulk && c.isBulk() })
	}
	for c.spoolFile() {
	}
	c.mu.Lock()
	for _, left := range c.queue {
		c.abandoned = true
		c.drop(left.line, "the client was closed, and neither respand nor the spool took the record")
	}
	c.take(len(c.queue))
	c.tell()
	c.mu.Unlock()
}

// Waits until it is so, or until the time has come (zero: never), and tells OnError meanwhile what it should hear.
func (c *Client) waitFor(until time.Time, so func() bool) {
	var over <-chan time.Time
	if !until.IsZero() {
		timer := time.NewTimer(time.Until(until))
		defer timer.Stop()
		over = timer.C
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	inTime := true
	for c.tell(); inTime && !so(); c.tell() {
		c.wanted = so
		c.mu.Unlock()
		select {
		case <-c.wake:
		case <-over:
			inTime = false
		}
		c.mu.Lock()
	}
	c.wanted = nil
}

// Connects, and returns when the connection has ended or there was none.
func (c *Client) connect() {
	conn, err := net.DialTimeout("unix", c.settings.Socket, connectTimeout)
	if err == nil {
		err = c.serve(conn)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		c.stats.LastError = err.Error()
	}
	c.nextTry = time.Now().Add(c.backoff - time.Duration(c.random.Int63n(int64(c.backoff/2)+1)))
	c.backoff *= 2
	if c.backoff < firstBackoff {
		c.backoff = firstBackoff
	} else if c.backoff > lastBackoff {
		c.backoff = lastBackoff
	}
}

// Writes what waits to the connection until it ends; the error says why, nil where the client itself has ended it.
func (c *Client) serve(conn net.Conn) error {
	c.mu.Lock()
	c.conn, c.lost, c.settled = conn, false, 0
	c.stats.Connects++
	c.mu.Unlock()
	answers := make(chan error, 1)
	go func() {
		err := c.readAnswers(conn)
		conn.Close()
		c.mu.Lock()
		c.lost = true
		c.wakeSender()
		c.mu.Unlock()
		answers <- err
	}()
	for batch := c.gather([]byte("!ack\n")); batch != nil; batch = c.gather(batch[:0]) {
		if _, err := conn.Write(batch); err != nil {
			break // The reader takes what was answered before the end, and says why it ended.
		}
		if cap(batch) > 4*maxWriteBytes {
			batch = nil // A long record does not keep its memory.
		}
	}
	c.mu.Lock()
	left := c.closing && (c.ended || len(c.queue) == 0)
	if left {
		conn.Close()
	}
	c.mu.Unlock()
	err := <-answers
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conn = nil
	c.requeue()
	if left {
		return nil
	}
	return err
}

// Waits for lines that may be sent and adds them to the batch; nil when the connection is over.
func (c *Client) gather(batch []byte) []byte {
	isOver := func() bool { return c.lost || c.ended || c.closing && len(c.queue) == 0 }
	maySend := func() bool {
		return c.sent < len(c.queue) && c.sent < maxInFlightLines && c.sentBytes < maxInFlightBytes
	}
	c.waitFor(time.Time{}, func() bool { return isOver() || maySend() })
	c.mu.Lock()
	defer c.mu.Unlock()
	if isOver() {
		return nil
	}
	if c.sent == 0 {
		c.conn.SetReadDeadline(time.Now().Add(c.settings.AckTimeout))
	}
	for maySend() && len(batch) < maxWriteBytes {
		line := c.queue[c.sent].line
		batch = append(batch, line...)
		c.sent++
		c.sentBytes += len(line)
	}
	return batch
}

// What was sent and has no answer waits again; what was refused is done with.
func (c *Client) requeue() {
	kept := make([]entry, 0, len(c.queue))
	for _, one := range c.queue {
		if !one.refused {
			kept = append(kept, one)
		}
	}
	c.queue, c.sent, c.sentBytes = kept, 0, 0
	c.broadcast()
}

// ---- answers, in a goroutine of the connection's own

func (c *Client) readAnswers(conn net.Conn) error {
	reader := bufio.NewReaderSize(conn, maxAnswer)
	for {
		text, err := reader.ReadSlice('\n')
		switch {
		case err == nil:
			if err := c.settle(text); err != nil {
				return err
			}
		case errors.Is(err, bufio.ErrBufferFull):
			return fmt.Errorf("%s answers with an endless line", c.settings.Socket)
		case errors.Is(err, os.ErrDeadlineExceeded):
			return fmt.Errorf("%s gave no answer for %s", c.settings.Socket, c.settings.AckTimeout)
		case errors.Is(err, io.EOF):
			return fmt.Errorf("%s: the connection was closed", c.settings.Socket)
		default:
			return err
		}
	}
}

// Takes an answer. One that can't be true ends the connection: what it would settle is not known.
func (c *Client) settle(text []byte) error {
	var answer struct {
		Durable, Line *uint64
		Error         *string
	}
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return nil
	}
	wrong := func() error { return fmt.Errorf("%s answers what can't be: %.100s", c.settings.Socket, text) }
	if json.Unmarshal(text, &answer) != nil || text[0] != '{' {
		return wrong()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	last := c.settled + uint64(c.sent)
	if answer.Line != nil && answer.Error != nil {
		if *answer.Line <= c.settled || *answer.Line > last {
			return wrong()
		}
		c.refuse(&c.queue[*answer.Line-c.settled-1], *answer.Error)
	}
	if answer.Durable != nil {
		if *answer.Durable < c.settled || *answer.Durable > last {
			return wrong()
		}
		count := int(*answer.Durable - c.settled)
		for _, one := range c.queue[:count] {
			if !one.refused {
				c.stats.Durable++
			}
			c.sentBytes -= len(one.line)
		}
		c.settled += uint64(count)
		c.sent -= count
		c.take(count)
		c.backoff, c.away = 0, time.Time{}
	}
	if c.sent == 0 {
		c.conn.SetReadDeadline(time.Time{})
	} else {
		c.conn.SetReadDeadline(time.Now().Add(c.settings.AckTimeout))
	}
	c.wakeSender()
	return nil
}

func (c *Client) refuse(one *entry, reason string) {
	if one.refused {
		return
	}
	c.stats.Refused++
	c.stats.Queued--
	c.queueBytes -= len(one.line)
	c.sentBytes -= len(one.line)
	c.report(report{string(one.line[:len(one.line)-1]), reason, len(one.line)})
	one.line, one.refused = nil, true
}

// Takes the first entries out of the queue.
func (c *Client) take(count int) {
	for i := range c.queue[:count] {
		if !c.queue[i].refused {
			c.stats.Queued--
			c.queueBytes -= len(c.queue[i].line)
		}
		c.queue[i] = entry{} // Frees the line.
	}
	c.queue = c.queue[count:]
	c.broadcast()
}

// ---- the spool

func (c *Client) isBulk() bool {
	return len(c.queue) >= maxSpoolRecords || c.queueBytes >= maxSpoolBytes
}

// Spools what has waited for a connection for long enough. Says when it or the connection is due again, and whether it
// is due as soon as a file's worth waits.
func (c *Client) spoolWhatIsDue() (next time.Time, bulk bool) {
	for {
		now := time.Now()
		c.mu.Lock()
		waits := len(c.queue) > 0 && !c.ended && c.settings.Spool != ""
		isAway := c.closing || !c.away.IsZero() && now.Sub(c.away) >= c.settings.SpoolAfter
		due := c.nextSpool
		if !isAway {
			due = now.Add(c.settings.SpoolAfter)
			if !c.away.IsZero() {
				due = c.away.Add(c.settings.SpoolAfter)
			}
		} else if c.isBulk() && !c.spoolFails || c.closing {
			due = now
		}
		c.mu.Unlock()
		if !waits {
			return c.nextTry, false
		}
		if due.After(now) {
			return earlier(c.nextTry, due), isAway && !c.spoolFails
		}
		c.nextSpool = now.Add(c.settings.SpoolAfter)
		c.spoolFails = !c.spoolFile()
		if c.spoolFails {
			return earlier(c.nextTry, c.nextSpool), false
		}
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// Writes a file's worth of the queue into the spool; false where nothing waits or it can't be written.
func (c *Client) spoolFile() bool {
	c.mu.Lock()
	var lines [][]byte
	for bytes := 0; len(lines) < len(c.queue) && len(lines) < maxSpoolRecords; {
		line := c.queue[len(lines)].line
		if bytes += len(line); bytes > maxSpoolBytes && len(lines) > 0 {
			break
		}
		lines = append(lines, line)
	}
	c.mu.Unlock()
	if len(lines) == 0 || c.settings.Spool == "" {
		return false
	}
	err := writeSpoolFile(c.settings.Spool, lines)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		c.stats.LastError = err.Error()
		return false
	}
	c.stats.Spooled += uint64(len(lines))
	c.take(len(lines))
	return true
}

// Leaves a whole file with the lines, synced, or none.
func writeSpoolFile(directory string, lines [][]byte) (err error) {
	var random [8]byte
	if _, err := rand.Read(random[:]); err != nil {
		return err
	}
	name := filepath.Join(directory, fmt.Sprintf("respand-%d-%d-%x.ndjson", time.Now().UnixMicro(), os.Getpid(), random))
	temporary := name + ".tmp"
	file, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(temporary)
		}
	}()
	buffers := net.Buffers(lines)
	_, err = buffers.WriteTo(file)
	if err == nil {
		err = file.Sync()
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(temporary, name)
	}
	if err != nil {
		return err
	}
	temporary = name
	synced, err := os.Open(directory)
	if errors.Is(err, fs.ErrPermission) {
		synced, err = os.Open(name) // A folder that may be written but not read: the file brings its name along.
		if errors.Is(err, fs.ErrNotExist) {
			return nil // respand has taken it.
		}
	}
	if err != nil {
		return err
	}
	defer synced.Close()
	return synced.Sync()
}

// ---- what OnError hears

func (c *Client) drop(line []byte, reason string) {
	c.stats.Dropped++
	c.report(report{string(line[:len(line)-1]), reason, len(line)})
}

func (c *Client) report(what report) {
	c.stats.LastError = what.reason
	if c.settings.OnError != nil && len(c.reports) < maxReports && c.reportBytes+what.size <= maxReportBytes {
		c.reports = append(c.reports, what)
		c.reportBytes += what.size
		c.wakeSender()
	}
}

// Calls OnError, with the lock given up meanwhile.
func (c *Client) tell() {
	for len(c.reports) > 0 {
		reports := c.reports
		c.reports, c.reportBytes = nil, 0
		c.mu.Unlock()
		for _, one := range reports {
			func() {
				defer func() { _ = recover() }()
				c.settings.OnError(one.record, one.reason)
			}()
		}
		c.mu.Lock()
	}
}
