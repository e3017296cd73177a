//! Hands records of model calls over to respand, the log-shipping daemon of this host.
//! One file with nothing but std, for Rust 1.63 or later on Linux; README.md beside it says what it promises.
//! Licence: Apache-2.0, as the repository's LICENSE says.
//!
//! One thread, the sender, owns the connection and the spool; a second one reads the answers of a connection. The records
//! wait as lines in one queue: its first `sent` entries have been written to the connection and have no answer yet.

#![allow(dead_code)] // An application uses the part that it needs.

use std::collections::hash_map::RandomState;
use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, Hasher};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::io::AsRawFd;
use std::os::unix::net::UnixStream;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Once, PoisonError, Weak};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use std::{env, process, thread};

/// Hears of a refused or dropped record, and why.
pub type OnError = Arc<dyn Fn(&str, &str) + Send + Sync>;

/// What can be set; `Settings::default()` has the defaults.
#[derive(Clone)]
pub struct Settings {
    pub socket: PathBuf,
    /// None: nothing is spooled.
    pub spool: Option<PathBuf>,
    pub max_queue: usize,
    pub max_queue_bytes: usize,
    pub max_wait: Duration,
    pub max_record: usize,
    pub spool_after: Duration,
    pub ack_timeout: Duration,
    pub close_timeout: Duration,
    /// Called in the sender's thread, with the record as it was given, or its line. A panic in it is ignored.
    pub on_error: Option<OnError>,
}

impl Default for Settings {
    fn default() -> Self {
        let socket = env::var_os("RESPAND_SOCKET_PATH").filter(|path| !path.is_empty());
        let spool = env::var_os("RESPAND_SPOOL_DIRECTORY").unwrap_or_else(|| "/var/spool/respand".into());
        Settings {
            socket: socket.map_or_else(|| "/run/respand/respand.sock".into(), PathBuf::from),
            spool: Some(PathBuf::from(spool)).filter(|path| !path.as_os_str().is_empty()),
            max_queue: 10_000,
            max_queue_bytes: 64 << 20,
            max_wait: Duration::from_millis(5),
            max_record: 20 << 20,
            spool_after: Duration::from_secs(1),
            ack_timeout: Duration::from_secs(30),
            close_timeout: Duration::from_secs(2),
            on_error: None,
        }
    }
}

/// What became of the records: logged = durable + spooled + refused + dropped + queued.
#[derive(Clone, Debug, Default)]
pub struct Stats {
    pub logged: u64,
    pub durable: u64,
    pub spooled: u64,
    pub refused: u64,
    pub dropped: u64,
    pub queued: u64,
    pub connects: u64,
    pub last_error: String,
}

const MAX_IN_FLIGHT: usize = 8192; // lines without an answer on a connection
const MAX_IN_FLIGHT_BYTES: usize = 8 << 20;
const MAX_WRITE: usize = 256 << 10; // bytes that are gathered for one write
const MAX_ANSWER: usize = 64 << 10; // the longest line that respand answers
const MAX_SPOOL_RECORDS: usize = 1000; // a file in the spool
const MAX_SPOOL_BYTES: usize = 8 << 20;
const MAX_REPORTS: usize = 1000; // that wait for on_error; what is more is only counted
const MAX_REPORT_BYTES: usize = 8 << 20;
const FIRST_BACKOFF: Duration = Duration::from_millis(50);
const LAST_BACKOFF: Duration = Duration::from_secs(5);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const FINISH_TIMEOUT: Duration = Duration::from_secs(5); // for the spool's disk, after the flush
const MAX_DEPTH: usize = 128; // levels in a record; respand takes 64

/// A client, for any number of threads. Dropping it flushes and ends it, as `close` does.
pub struct Client {
    // Of Arc::into_raw. In a forked child the first call puts a new one in its place, and leaves the parent's as it is.
    shared: AtomicPtr<Shared>,
}

struct Shared {
    settings: Settings,
    pid: u32,
    state: Mutex<State>,
    changed: Condvar, // an entry has left the queue, or the client has ended
    wake: Condvar,    // for the sender
}

#[derive(Default)]
struct State {
    stats: Stats,
    queue: VecDeque<Entry>,
    queue_bytes: usize,
    sent: usize, // entries of the queue that are on the connection
    sent_bytes: usize,
    settled: u64,                // lines of this connection that are settled: the N of {"durable":N}
    taken: u64,                  // the number of the last entry
    waits_for: Option<WaitsFor>, // None: the sender does not wait
    hurry: bool,                 // somebody waits: the next try to connect is due at once
    closing: bool,               // nothing is taken any more
    ended: bool,                 // the time to flush is over
    done: bool,                  // the sender has ended
    abandoned: bool,             // something was dropped at the end
    stream: Option<Arc<UnixStream>>,
    lost: bool,                                // the stream has ended
    connecting: bool,                          // a thread tries to connect
    connected: Option<io::Result<UnixStream>>, // what came of it
    answer_by: Option<Instant>,
    backoff: Duration,
    away: Option<Instant>, // since when an answer is missed; None: respand answers
    reports: VecDeque<(String, String)>,
    report_bytes: usize,
}

struct Entry {
    line: Vec<u8>, // ends in \n; empty where the record was refused
    number: u64,   // counts from 1 over all that were taken
    refused: bool, // and settled, but not covered by a durable yet
}

#[derive(Clone, Copy, PartialEq)]
enum WaitsFor {
    Records,
    Connection,
    Room,         // to send more
    Retry,        // a time
    RetryOrBatch, // a time, or a file's worth of records
}

impl Client {
    /// Starts the sender. Where respand is not there yet, records wait.
    pub fn new(settings: Settings) -> Client {
        let shared = Shared::start(settings);
        Client { shared: AtomicPtr::new(Arc::into_raw(shared) as *mut Shared) }
    }

    /// Takes a record, the text of one JSON object (`Object` makes one), and returns at once: true where it was taken.
    /// Where the queue is full it waits for `max_wait`.
    pub fn log(&self, record: impl AsRef<str>) -> bool {
        self.shared().log(record.as_ref())
    }

    /// Waits until all that was taken before is settled (durable, spooled or refused): true where it is.
    pub fn flush(&self, timeout: Duration) -> bool {
        self.shared().flush(timeout)
    }

    /// Flushes for so long at most, puts what is left into the spool, and ends: true where nothing was dropped.
    pub fn close(&self, timeout: Duration) -> bool {
        self.shared().close(timeout)
    }

    pub fn stats(&self) -> Stats {
        self.shared().lock().stats.clone()
    }

    fn shared(&self) -> &Shared {
        let current = self.shared.load(Ordering::Acquire);
        // SAFETY: it comes from Arc::into_raw, and is given back in drop() only.
        let shared = unsafe { &*current };
        if shared.pid == process::id() {
            return shared;
        }
        let new = Arc::into_raw(Shared::start(shared.settings.clone())) as *mut Shared;
        match self.shared.compare_exchange(current, new, Ordering::AcqRel, Ordering::Acquire) {
            // SAFETY: as above.
            Ok(_) => unsafe { &*new },
            Err(other) => {
                // SAFETY: as above; ours is ended, for another thread was faster.
                unsafe { Arc::from_raw(new) }.close(Duration::ZERO);
                unsafe { &*other }
            }
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let shared = *self.shared.get_mut();
        // SAFETY: it comes from Arc::into_raw.
        if unsafe { &*shared }.pid == process::id() {
            let shared = unsafe { Arc::from_raw(shared) };
            shared.close(shared.settings.close_timeout);
        }
    }
}

// ---- the end of the program

extern "C" {
    fn atexit(function: extern "C" fn()) -> i32;
    fn send(socket: i32, data: *const u8, length: usize, flags: i32) -> isize;
}

static CLIENTS: Mutex<Vec<Weak<Shared>>> = Mutex::new(Vec::new());

fn close_at_exit(shared: &Arc<Shared>) {
    static ONCE: Once = Once::new();
    let mut clients = CLIENTS.lock().unwrap_or_else(PoisonError::into_inner);
    clients.retain(|other| other.strong_count() > 0);
    clients.push(Arc::downgrade(shared));
    // SAFETY: the function lives as long as the program and lets no panic out.
    ONCE.call_once(|| unsafe {
        atexit(close_all);
    });
}

extern "C" fn close_all() {
    let clients = std::mem::take(&mut *CLIENTS.lock().unwrap_or_else(PoisonError::into_inner));
    for shared in clients.iter().filter_map(Weak::upgrade) {
        if shared.pid == process::id() {
            let _ = catch_unwind(AssertUnwindSafe(|| shared.close(shared.settings.close_timeout)));
        }
    }
}

impl Shared {
    fn start(settings: Settings) -> Arc<Shared> {
        let (state, pid) = (Mutex::new(State::default()), process::id());
        let (changed, wake) = (Condvar::new(), Condvar::new());
        let shared = Arc::new(Shared { settings, pid, state, changed, wake });
        let sender = Sender { shared: shared.clone(), next_try: None, next_spool: None, spool_fails: false };
        let started = thread::Builder::new().name("respand".into()).spawn(move || sender.run());
        if let Err(error) = started {
            let mut state = shared.lock();
            state.stats.last_error = format!("no thread can be started: {error}");
            state.closing = true;
            state.done = true;
        }
        close_at_exit(&shared);
        shared
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // ---- in the caller's thread

    fn log(&self, record: &str) -> bool {
        let line = self.line_of(record);
        let mut state = self.lock();
        state.stats.logged += 1;
        let line = match line {
            Ok(line) => line,
            Err(reason) => {
                state.stats.refused += 1;
                self.report(&mut state, record.as_bytes(), reason);
                return false;
            }
        };
        if !self.has_room(&state, line.len()) && !state.closing {
            let so = |state: &State| state.closing || self.has_room(state, line.len());
            state = self.wait(state, self.settings.max_wait, so);
        }
        if state.closing || !self.has_room(&state, line.len()) {
            let reason = if state.closing { "the client is closed" } else { "the queue is full" };
            self.drop_record(&mut state, &line, reason);
            return false;
        }
        state.taken += 1;
        state.stats.queued += 1;
        state.queue_bytes += line.len();
        let number = state.taken;
        state.queue.push_back(Entry { line, number, refused: false });
        self.wake_sender(&mut state);
        true
    }

    fn flush(&self, timeout: Duration) -> bool {
        let mut state = self.lock();
        let target = state.taken;
        let settled = |state: &State| state.queue.front().map_or(true, |entry| entry.number > target);
        state.hurry = true;
        self.wake_sender(&mut state);
        state = self.wait(state, timeout, settled);
        settled(&state) && !state.abandoned
    }

    fn close(&self, timeout: Duration) -> bool {
        let mut state = self.lock();
        state.closing = true;
        state.hurry = true;
        self.changed.notify_all();
        self.wake_sender(&mut state);
        state = self.wait(state, timeout, |state| state.done);
        if !state.done {
            state.ended = true;
            if let Some(stream) = &state.stream {
                let _ = stream.shutdown(std::net::Shutdown::Both);
            }
            self.wake_sender(&mut state);
            state = self.wait(state, FINISH_TIMEOUT, |state| state.done);
        }
        state.done && !state.abandoned
    }

    /// The record with its time and its identifier, and a \n.
    fn line_of(&self, record: &str) -> Result<Vec<u8>, String> {
        if record.len() > self.settings.max_record {
            return Err(format!("the record is longer than {} bytes", self.settings.max_record));
        }
        let (mut has_time, mut has_identifier, mut is_empty) = (false, false, true);
        read_object(record, &mut |name, _| {
            is_empty = false;
            has_time |= name == "timestamp";
            has_identifier |= name == "custom_identifier";
        })
        .map_err(|reason| format!("the record is no JSON object: {reason}"))?;
        let record = record.trim();
        let mut line = String::with_capacity(record.len() + 128);
        line.push_str(&record[..record.len() - 1]);
        let mut add = |name: &str, value: &str| {
            let separator = if is_empty { "" } else { "," };
            line.push_str(&format!("{separator}\"{name}\":\"{value}\""));
            is_empty = false;
        };
        if !has_time {
            add("timestamp", &timestamp(SystemTime::now()));
        }
        if !has_identifier {
            add("custom_identifier", &uuid());
        }
        line.push_str("}\n");
        if line.len() - 1 > self.settings.max_record {
            return Err(format!("the record is longer than {} bytes", self.settings.max_record));
        }
        let mut line = line.into_bytes();
        let end = line.len() - 1;
        // Outside of strings a line end is only a blank, and inside there is none.
        line[..end].iter_mut().filter(|byte| matches!(byte, b'\n' | b'\r')).for_each(|byte| *byte = b' ');
        Ok(line)
    }

    fn has_room(&self, state: &State, size: usize) -> bool {
        state.stats.queued < self.settings.max_queue as u64 && state.queue_bytes + size <= self.settings.max_queue_bytes
    }

    /// Waits until it is so or the time is over.
    fn wait<'a>(
        &self,
        state: MutexGuard<'a, State>,
        timeout: Duration,
        so: impl Fn(&State) -> bool,
    ) -> MutexGuard<'a, State> {
        let waited = self.changed.wait_timeout_while(state, timeout, |state| !so(state));
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Wakes the sender once where it waits for what is there now.
    fn wake_sender(&self, state: &mut State) {
        if let Some(waits_for) = state.waits_for {
            if !state.reports.is_empty() || state.has(waits_for) {
                state.waits_for = None;
                self.wake.notify_one();
            }
        }
    }

    fn drop_record(&self, state: &mut State, line: &[u8], reason: &str) {
        state.stats.dropped += 1;
        self.report(state, &line[..line.len() - 1], reason.into());
    }

    fn report(&self, state: &mut State, record: &[u8], reason: String) {
        let has_room = state.reports.len() < MAX_REPORTS && state.report_bytes + record.len() <= MAX_REPORT_BYTES;
        state.stats.last_error.clone_from(&reason);
        if self.settings.on_error.is_some() && has_room {
            state.report_bytes += record.len();
            state.reports.push_back((String::from_utf8_lossy(record).into_owned(), reason));
            self.wake_sender(state);
        }
    }
}

impl State {
    /// Is there what the sender waits for?
    fn has(&self, what: WaitsFor) -> bool {
        match what {
            WaitsFor::Records => self.closing || !self.queue.is_empty(),
            WaitsFor::Connection => self.ended || self.connected.is_some(),
            WaitsFor::Room => self.is_over() || self.may_send(),
            WaitsFor::Retry => self.ended || self.hurry || self.queue.is_empty(),
            WaitsFor::RetryOrBatch => self.has(WaitsFor::Retry) || self.is_batch(),
        }
    }

    /// Is there nothing more to do with the connection?
    fn is_over(&self) -> bool {
        self.lost || self.ended || (self.closing && self.queue.is_empty())
    }

    fn may_send(&self) -> bool {
        self.sent < self.queue.len() && self.sent < MAX_IN_FLIGHT && self.sent_bytes < MAX_IN_FLIGHT_BYTES
    }

    /// Would what waits fill a file in the spool?
    fn is_batch(&self) -> bool {
        self.queue.len() >= MAX_SPOOL_RECORDS || self.queue_bytes >= MAX_SPOOL_BYTES
    }

    /// Takes the first entry out of the queue.
    fn leave(&mut self) -> Option<Entry> {
        let entry = self.queue.pop_front()?;
        if !entry.refused {
            self.stats.queued -= 1;
            self.queue_bytes -= entry.line.len();
        }
        Some(entry)
    }
}

/// What the sender's thread knows alone.
struct Sender {
    shared: Arc<Shared>,
    next_try: Option<Instant>,
    next_spool: Option<Instant>,
    spool_fails: bool, // the last file could not be written
}

impl Sender {
    fn run(mut self) {
        loop {
            drop(self.wait_for(WaitsFor::Records, None));
            let mut state = self.shared.lock();
            if state.ended || state.queue.is_empty() {
                break;
            }
            let now = Instant::now();
            if state.hurry || self.next_try.map_or(true, |time| time <= now) {
                state.hurry = false;
                state.away.get_or_insert(now);
                drop(state);
                self.connect();
            } else {
                drop(state);
            }
            let (waits_for, until) = self.spool_what_is_due();
            drop(self.wait_for(waits_for, until));
        }
        while self.spool_file() {}
        let mut state = self.shared.lock();
        while let Some(entry) = state.leave() {
            state.abandoned = true;
            let reason = "the client was closed, and neither respand nor the spool took the record";
            self.shared.drop_record(&mut state, &entry.line, reason);
        }
        let mut state = self.tell(state);
        state.done = true;
        self.shared.changed.notify_all();
    }

    /// Waits for it, or until the time has come (None: never), and tells on_error meanwhile what it should hear.
    fn wait_for(&self, what: WaitsFor, until: Option<Instant>) -> MutexGuard<'_, State> {
        let mut state = self.tell(self.shared.lock());
        while !state.has(what) {
            let left = until.map(|time| time.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                break;
            }
            state.waits_for = Some(what);
            let left = left.unwrap_or(Duration::from_secs(3600));
            state = self.shared.wake.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
            state.waits_for = None;
            state = self.tell(state);
        }
        state
    }

    /// Calls on_error, with the lock given up meanwhile.
    fn tell<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        while let (Some((record, reason)), Some(hear)) = (state.reports.pop_front(), &self.shared.settings.on_error) {
            state.report_bytes -= record.len();
            drop(state);
            let _ = catch_unwind(AssertUnwindSafe(|| hear(&record, &reason)));
            state = self.shared.lock();
        }
        state
    }

    /// Connects, and returns when the connection has ended or there was none.
    fn connect(&mut self) {
        let ended = self.open().and_then(|stream| self.serve(&Arc::new(stream)));
        let mut state = self.shared.lock();
        if let Err(error) = ended {
            state.stats.last_error = format!("{}: {error}", self.shared.settings.socket.display());
        }
        // What was sent and has no answer waits again; what was refused is done with.
        state.queue.retain(|entry| !entry.refused);
        state.sent = 0;
        state.sent_bytes = 0;
        state.stream = None;
        self.shared.changed.notify_all();
        let share = 1.0 - (random() >> 11) as f64 / (1_u64 << 54) as f64; // from 1 down to a half
        self.next_try = Some(Instant::now() + state.backoff.mul_f64(share));
        state.backoff = (2 * state.backoff).clamp(FIRST_BACKOFF, LAST_BACKOFF);
    }

    /// A connection, made in a thread of its own: connect() has no timeout, and waits while a daemon that hangs has a full backlog.
    fn open(&self) -> io::Result<UnixStream> {
        let mut state = self.shared.lock();
        if !state.connecting && state.connected.is_none() {
            let shared = self.shared.clone();
            thread::Builder::new().name("respand-connect".into()).spawn(move || {
                let connected = UnixStream::connect(&shared.settings.socket);
                let mut state = shared.lock();
                state.connecting = false;
                state.connected = Some(connected);
                shared.wake_sender(&mut state);
            })?;
            state.connecting = true;
        }
        drop(state);
        let mut state = self.wait_for(WaitsFor::Connection, Some(Instant::now() + CONNECT_TIMEOUT));
        state.connected.take().unwrap_or_else(|| Err(other("accepts no connection".into())))
    }

    /// Writes what waits to the connection until it ends; the error says why. None where the client itself has ended it.
    fn serve(&self, stream: &Arc<UnixStream>) -> io::Result<()> {
        // The reader looks at the time so often; a wait of its own for each answer would cost a call each.
        let tick = (self.shared.settings.ack_timeout / 4).max(Duration::from_millis(1));
        stream.set_read_timeout(Some(tick))?;
        let mut state = self.shared.lock();
        state.stats.connects += 1;
        state.settled = 0;
        state.lost = false;
        state.answer_by = None;
        state.stream = Some(stream.clone());
        drop(state);
        let (shared, stream_to_read) = (self.shared.clone(), stream.clone());
        let reader = thread::Builder::new().name("respand-answers".into()).spawn(move || {
            let error = shared.read_answers(&stream_to_read);
            let _ = stream_to_read.shutdown(std::net::Shutdown::Both);
            let mut state = shared.lock();
            state.lost = true;
            shared.wake_sender(&mut state);
            error
        })?;
        let mut batch = b"!ack\n".to_vec();
        while self.gather(&mut batch) {
            if write_all(stream, &batch).is_err() {
                break; // The reader takes what was answered before the end, and says why it ended.
            }
            batch.clear();
            batch.shrink_to(2 * MAX_WRITE);
        }
        let state = self.shared.lock();
        let left = state.closing && (state.ended || state.queue.is_empty());
        drop(state);
        if left {
            stream.shutdown(std::net::Shutdown::Both)?;
        }
        let error = reader.join().unwrap_or_else(|_| other("the reader has failed".into()));
        if left {
            Ok(())
        } else {
            Err(error)
        }
    }

    /// Waits for lines that may be sent and adds them to the batch; false when the connection is over.
    fn gather(&self, batch: &mut Vec<u8>) -> bool {
        let mut state = self.wait_for(WaitsFor::Room, None);
        if state.is_over() {
            return false;
        }
        if state.sent == 0 {
            state.answer_by = Some(Instant::now() + self.shared.settings.ack_timeout);
        }
        while state.may_send() && batch.len() < MAX_WRITE {
            let line = &state.queue[state.sent].line;
            let length = line.len();
            batch.extend_from_slice(line);
            state.sent += 1;
            state.sent_bytes += length;
        }
        true
    }

    // ---- the spool

    /// Spools what has waited for a connection for long enough; says what to wait for now, and until when.
    fn spool_what_is_due(&mut self) -> (WaitsFor, Option<Instant>) {
        let wait = self.shared.settings.spool_after;
        loop {
            let now = Instant::now();
            let state = self.shared.lock();
            if state.queue.is_empty() || state.ended || self.shared.settings.spool.is_none() {
                return (WaitsFor::Retry, self.next_try);
            }
            let away_by = state.away.unwrap_or(now) + wait;
            let takes_batches = away_by <= now && !self.spool_fails;
            let at_once = state.closing || (takes_batches && state.is_batch());
            let due = if at_once { now } else { self.next_spool.map_or(away_by, |time| time.max(away_by)) };
            drop(state);
            if due > now {
                let what = if takes_batches { WaitsFor::RetryOrBatch } else { WaitsFor::Retry };
                return (what, Some(self.next_try.map_or(due, |time| time.min(due))));
            }
            let next_spool = now + wait;
            self.next_spool = Some(next_spool);
            self.spool_fails = !self.spool_file();
            if self.spool_fails {
                return (WaitsFor::Retry, Some(self.next_try.map_or(next_spool, |time| time.min(next_spool))));
            }
        }
    }

    /// Writes a file's worth of the queue into the spool; false where nothing waits or it can't be written.
    fn spool_file(&self) -> bool {
        let mut text = Vec::new();
        let mut count = 0;
        for entry in self.shared.lock().queue.iter().take(MAX_SPOOL_RECORDS) {
            if count > 0 && text.len() + entry.line.len() > MAX_SPOOL_BYTES {
                break;
            }
            text.extend_from_slice(&entry.line);
            count += 1;
        }
        let directory = match &self.shared.settings.spool {
            Some(directory) if count > 0 => directory,
            _ => return false,
        };
        let written = write_spool_file(directory, &text);
        let mut state = self.shared.lock();
        if let Err(error) = written {
            state.stats.last_error = format!("{}: {error}", directory.display());
            return false;
        }
        for _ in 0..count {
            state.leave();
        }
        state.stats.spooled += count;
        self.shared.changed.notify_all();
        true
    }
}

/// Leaves a whole file, synced, or none.
fn write_spool_file(directory: &Path, text: &[u8]) -> io::Result<()> {
    let name = format!("respand-{}-{}-{:016x}.ndjson", now_micros(), process::id(), random());
    let (path, temporary) = (directory.join(&name), directory.join(name + ".tmp"));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o640).open(&temporary)?;
    let written = file.write_all(text).and_then(|()| file.sync_all());
    drop(file);
    if let Err(error) = written.and_then(|()| fs::rename(&temporary, &path)) {
        let _ = fs::remove_file(&temporary);
        return Err(error);
    }
    let synced = match File::open(directory) {
        // A folder that may be written but not read: the file brings its name along, if respand has not taken it yet.
        Err(error) if error.kind() == ErrorKind::PermissionDenied => match File::open(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            opened => opened.and_then(|file| file.sync_all()),
        },
        opened => opened.and_then(|directory| directory.sync_all()),
    };
    if synced.is_err() {
        let _ = fs::remove_file(&path);
    }
    synced
}

// ---- answers, in a thread of the connection's own

impl Shared {
    fn read_answers(&self, mut stream: &UnixStream) -> io::Error {
        let mut text = vec![0; MAX_ANSWER];
        let mut length = 0;
        loop {
            match stream.read(&mut text[length..]) {
                Ok(0) => return other("the connection was closed".into()),
                Ok(count) => {
                    let mut begin = 0;
                    for end in length..length + count {
                        if text[end] == b'\n' {
                            if let Err(error) = self.settle(&text[begin..end]) {
                                return error;
                            }
                            begin = end + 1;
                        }
                    }
                    text.copy_within(begin..length + count, 0);
                    length = length + count - begin;
                    if length == text.len() {
                        return other("answers with an endless line".into());
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    if self.lock().answer_by.map_or(false, |time| time <= Instant::now()) {
                        return other(format!("no answer for {:?}", self.settings.ack_timeout));
                    }
                }
                Err(error) => return error,
            }
        }
    }

    /// Takes an answer. One that can't be true ends the connection: what it would settle is not known.
    fn settle(&self, text: &[u8]) -> io::Result<()> {
        let text = String::from_utf8_lossy(text);
        let wrong = || other(format!("answers what can't be: {}", text.chars().take(100).collect::<String>()));
        let (mut durable, mut line, mut error) = (None, None, None);
        if text.trim().is_empty() {
            return Ok(());
        }
        read_object(&text, &mut |name, value| match name {
            "durable" => durable = Some(value.to_string()),
            "line" => line = Some(value.to_string()),
            "error" => error = Some(value.to_string()),
            _ => {}
        })
        .map_err(|_| wrong())?;
        let mut state = self.lock();
        let last = state.settled + state.sent as u64;
        let number = |text: String, least: u64| {
            text.parse().ok().filter(|number| (least..=last).contains(number)).ok_or_else(wrong)
        };
        if let (Some(line), Some(error)) = (line, error) {
            let line = number(line, state.settled + 1)?;
            let reason = Reader::new(&error).string().map_err(|_| wrong())?;
            self.refuse(&mut state, line, reason);
        }
        if let Some(durable) = durable {
            let durable = number(durable, state.settled)?;
            while state.settled < durable {
                if let Some(entry) = state.leave() {
                    state.sent_bytes -= entry.line.len();
                    state.stats.durable += u64::from(!entry.refused);
                }
                state.sent -= 1;
                state.settled += 1;
            }
            state.backoff = Duration::ZERO;
            state.away = None;
            self.changed.notify_all();
        }
        let is_settled = state.sent == 0;
        state.answer_by = if is_settled { None } else { Some(Instant::now() + self.settings.ack_timeout) };
        self.wake_sender(&mut state);
        Ok(())
    }

    fn refuse(&self, state: &mut State, line: u64, reason: String) {
        let entry = &mut state.queue[(line - state.settled - 1) as usize];
        if entry.refused {
            return;
        }
        entry.refused = true;
        let line = std::mem::take(&mut entry.line);
        state.stats.refused += 1;
        state.stats.queued -= 1;
        state.queue_bytes -= line.len();
        state.sent_bytes -= line.len();
        self.report(state, &line[..line.len() - 1], reason);
    }
}

fn other(what: String) -> io::Error {
    io::Error::new(ErrorKind::Other, what)
}

/// Writes all, with no SIGPIPE where the other side is gone: a program may have put that back to its default.
fn write_all(stream: &UnixStream, mut data: &[u8]) -> io::Result<()> {
    const MSG_NOSIGNAL: i32 = 0x4000; // on Linux
    while !data.is_empty() {
        // SAFETY: the descriptor is open and the memory is borrowed for the time of the call.
        let count = unsafe { send(stream.as_raw_fd(), data.as_ptr(), data.len(), MSG_NOSIGNAL) };
        match usize::try_from(count) {
            Ok(count) => data = &data[count..],
            Err(_) => {
                let error = io::Error::last_os_error();
                if error.kind() != ErrorKind::Interrupted {
                    return Err(error);
                }
            }
        }
    }
    Ok(())
}

// ---- time and randomness

fn now_micros() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as u64)
}

/// As 2026-01-31T23:59:59.123456Z.
fn timestamp(time: SystemTime) -> String {
    let micros = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as u64);
    let (seconds, days) = (micros / 1_000_000, micros / 86_400_000_000);
    // Of Howard Hinnant's civil_from_days: years begin with March, and eras of 400 years are all alike.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + 400 * era + u64::from(month <= 2);
    let (hour, minute) = (seconds / 3600 % 24, seconds / 60 % 60);
    let (second, fraction) = (seconds % 60, micros % 1_000_000);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:06}Z")
}

/// std's only randomness is in the keys of its hash maps, from the kernel. A forked child has its parent's: so its pid is hashed, too.
fn random() -> u64 {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let mut hasher = RandomState::new().build_hasher();
    hasher.write_u32(process::id());
    hasher.write_u64(now_micros());
    hasher.write_u64(COUNT.fetch_add(1, Ordering::Relaxed));
    hasher.finish()
}

fn uuid() -> String {
    let (high, low) = (random(), random());
    let (a, b, c) = (high >> 32, high >> 16 & 0xffff, high & 0xfff);
    let (d, e) = (low >> 48 & 0x3fff | 0x8000, low & 0xffff_ffff_ffff);
    format!("{a:08x}-{b:04x}-4{c:03x}-{d:04x}-{e:012x}")
}

// ---- JSON

/// Makes the text of a JSON object: `Object::new().put("model", "gpt-4o").put("usage", Object::new().put("prompt_tokens", 3))`.
#[derive(Clone, Debug)]
pub struct Object(String);

impl Object {
    #[allow(clippy::new_without_default)]
    pub fn new() -> Object {
        Object("{}".into())
    }

    /// Adds a member. A NaN or an infinity makes the record one that `log` refuses.
    pub fn put(mut self, name: &str, value: impl Value) -> Object {
        self.0.pop();
        if self.0.len() > 1 {
            self.0.push(',');
        }
        name.write(&mut self.0);
        self.0.push(':');
        value.write(&mut self.0);
        self.0.push('}');
        self
    }
}

impl AsRef<str> for Object {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// What can be put into an `Object`.
pub trait Value {
    fn write(&self, out: &mut String);
}

macro_rules! written_as_displayed {
    ($($type:ty)*) => { $(impl Value for $type {
        fn write(&self, out: &mut String) {
            out.push_str(&self.to_string());
        }
    })* };
}
written_as_displayed!(bool i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize f32 f64);

impl Value for str {
    fn write(&self, out: &mut String) {
        out.push('"');
        for c in self.chars() {
            match c {
                '"' | '\\' => out.extend(['\\', c]),
                '\n' => out.push_str("\\n"),
                '\0'..='\x1f' => out.push_str(&format!("\\u{:04x}", c as u32)),
                _ => out.push(c),
            }
        }
        out.push('"');
    }
}

impl Value for String {
    fn write(&self, out: &mut String) {
        self.as_str().write(out);
    }
}

impl Value for Object {
    fn write(&self, out: &mut String) {
        out.push_str(&self.0);
    }
}

impl<T: Value + ?Sized> Value for &T {
    fn write(&self, out: &mut String) {
        (**self).write(out);
    }
}

impl<T: Value> Value for Option<T> {
    fn write(&self, out: &mut String) {
        match self {
            Some(value) => value.write(out),
            None => out.push_str("null"),
        }
    }
}

impl<T: Value> Value for [T] {
    fn write(&self, out: &mut String) {
        out.push('[');
        for (i, value) in self.iter().enumerate() {
            if i > 0 {
                out.push(',');
            }
            value.write(out);
        }
        out.push(']');
    }
}

impl<T: Value> Value for Vec<T> {
    fn write(&self, out: &mut String) {
        self.as_slice().write(out);
    }
}

/// Reads one strict JSON object, and visits name and text of each member at its top.
fn read_object(text: &str, visit: &mut dyn FnMut(&str, &str)) -> Result<(), String> {
    let mut reader = Reader::new(text);
    reader.blanks();
    if reader.peek() != b'{' {
        return Err(reader.wrong("it begins otherwise"));
    }
    reader.value(0, Some(visit))?;
    reader.blanks();
    if reader.at < text.len() {
        return Err(reader.wrong("there is more behind it"));
    }
    Ok(())
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn new(text: &str) -> Reader<'_> {
        Reader { text, at: 0 }
    }

    fn wrong(&self, what: &str) -> String {
        format!("{what}, at byte {}", self.at)
    }

    /// The next byte; 0 at the end.
    fn peek(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    fn skip(&mut self, byte: u8) -> bool {
        let is_there = self.at < self.text.len() && self.peek() == byte;
        self.at += usize::from(is_there);
        is_there
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
    }

    fn value(&mut self, depth: usize, mut visit: Option<&mut dyn FnMut(&str, &str)>) -> Result<(), String> {
        if depth > MAX_DEPTH {
            return Err(self.wrong("it is nested too deep"));
        }
        let first = self.peek();
        let end = match first {
            b'{' => b'}',
            b'[' => b']',
            b'"' => return self.string().map(drop),
            _ => return self.word(),
        };
        self.at += 1;
        self.blanks();
        if self.skip(end) {
            return Ok(());
        }
        loop {
            let mut name = String::new();
            if first == b'{' {
                name = self.string()?;
                self.blanks();
                if !self.skip(b':') {
                    return Err(self.wrong("a colon is missing"));
                }
                self.blanks();
            }
            let begin = self.at;
            self.value(depth + 1, None)?;
            if let Some(visit) = &mut visit {
                visit(&name, &self.text[begin..self.at]);
            }
            self.blanks();
            if self.skip(end) {
                return Ok(());
            }
            if !self.skip(b',') {
                return Err(self.wrong("a comma is missing"));
            }
            self.blanks();
        }
    }

    fn word(&mut self) -> Result<(), String> {
        for word in ["null", "true", "false"] {
            if self.text[self.at..].starts_with(word) {
                self.at += word.len();
                return Ok(());
            }
        }
        self.skip(b'-');
        if !self.skip(b'0') {
            self.digits()?;
        }
        if self.skip(b'.') {
            self.digits()?;
        }
        if self.skip(b'e') || self.skip(b'E') {
            let _sign = self.skip(b'+') || self.skip(b'-');
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), String> {
        let begin = self.at;
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        if self.at == begin {
            return Err(self.wrong("there is no value of JSON"));
        }
        Ok(())
    }

    /// The value of the string that begins here. Half a surrogate pair becomes U+FFFD.
    fn string(&mut self) -> Result<String, String> {
        if !self.skip(b'"') {
            return Err(self.wrong("a string is missing"));
        }
        let mut value = String::new();
        loop {
            let begin = self.at;
            while !matches!(self.peek(), 0..=0x1f | b'"' | b'\\') {
                self.at += 1;
            }
            value.push_str(&self.text[begin..self.at]);
            if self.skip(b'"') {
                return Ok(value);
            }
            if self.peek() != b'\\' {
                return Err(self.wrong("a string has no end, or a control character"));
            }
            let mut units = Vec::new();
            while self.text[self.at..].starts_with("\\u") {
                let digits = self.text.get(self.at + 2..self.at + 6).unwrap_or("");
                if digits.len() != 4 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                    return Err(self.wrong("four hexadecimal digits are missing"));
                }
                units.push(u16::from_str_radix(digits, 16).unwrap_or(0xfffd));
                self.at += 6;
            }
            value.push_str(&String::from_utf16_lossy(&units));
            if self.skip(b'\\') {
                value.push(match self.peek() {
                    b'"' => '"',
                    b'\\' => '\\',
                    b'/' => '/',
                    b'b' => '\x08',
                    b'f' => '\x0c',
                    b'n' => '\n',
                    b'r' => '\r',
                    b't' => '\t',
                    _ => return Err(self.wrong("there is no such escape")),
                });
                self.at += 1;
            }
        }
    }
}
