//! Further tests of the Rust client: what it makes of records, and what on_error hears; a forked child. Nothing listens:
//! the spool shows the lines. own.rs FOLDER: prints what passes; the first check that fails ends it with a panic.

use respand::{Client, Object, Settings};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{channel, Sender};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use std::{env, fs, process, thread};

const FAR: Duration = Duration::from_secs(20);

extern "C" {
    fn fork() -> i32;
    fn waitpid(pid: i32, status: *mut i32, options: i32) -> i32;
}

fn settings(folder: &Path, name: &str) -> Settings {
    let spool = folder.join(name);
    fs::create_dir(&spool).expect("a new folder");
    Settings { socket: spool.join("nobody.sock"), spool: Some(spool), ..Settings::default() }
}

fn spooled(settings: &Settings) -> Vec<String> {
    let folder = settings.spool.as_ref().expect("a spool");
    let mut lines = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        assert_eq!(path.extension().unwrap_or_default(), "ndjson", "{path:?}");
        lines.extend(fs::read_to_string(path).expect("UTF-8").lines().map(String::from));
    }
    lines
}

/// The text with each digit, and each hexadecimal digit in an identifier, as 0; so it can be compared.
fn leveled(line: &str) -> String {
    line.chars().map(|c| if c.is_ascii_hexdigit() { '0' } else { c }).collect()
}

fn records_become_lines(folder: &Path) {
    let settings = settings(folder, "lines");
    let client = Client::new(settings.clone());
    let record = Object::new()
        .put("timestamp", "T")
        .put("custom_identifier", "I")
        .put("numbers", vec![1.5, -2.0])
        .put("none", None::<u8>)
        .put("some", Some(true))
        .put("e\"s", "é\"\\\n\u{1}<\u{1f600}")
        .put("in", Object::new().put("n", u64::MAX));
    assert!(client.log(&record));
    assert!(client.log(Object::new()));
    assert!(client.log(
        " {\n \"time\\u0073tamp\" : null ,\r\n\"custom_identifier\":\"I\",\"x\":[-1.5e+3,{\"timestamp\":{}}]} \n"
    ));
    assert!(client.log("{ }"));
    assert!(client.log("{\"in\":{\"timestamp\":1,\"custom_identifier\":2}}"));
    drop(client);
    let lines = spooled(&settings);
    let added =
        "\"timestamp\":\"2026-11-30T00:00:00.123456Z\",\"custom_identifier\":\"01234567-89ab-4cde-8f01-23456789abcd\"}";
    let at_version = lines[1].find("-4").expect("a UUID of version 4");
    assert!(lines[1][at_version..].len() == "-4cde-8f01-23456789abcd\"}".len(), "{}", lines[1]);
    assert_eq!(
        lines[0],
        "{\"timestamp\":\"T\",\"custom_identifier\":\"I\",\"numbers\":[1.5,-2],\"none\":null,\"some\":true,\
         \"e\\\"s\":\"é\\\"\\\\\\n\\u0001<\u{1f600}\",\"in\":{\"n\":18446744073709551615}}"
    );
    assert_eq!(leveled(&lines[1]), leveled(&format!("{{{added}")));
    assert_eq!(
        lines[2],
        "{  \"time\\u0073tamp\" : null ,  \"custom_identifier\":\"I\",\"x\":[-1.5e+3,{\"timestamp\":{}}]}"
    );
    assert_eq!(leveled(&lines[3]), leveled(&format!("{{ {added}")));
    assert_eq!(leveled(&lines[4]), leveled(&format!("{{\"in\":{{\"timestamp\":1,\"custom_identifier\":2}},{added}")));
    assert_eq!(lines.len(), 5);
}

fn what_is_no_record_is_refused_and_told_once(folder: &Path) {
    let (tell, heard) = channel();
    let tell: Mutex<Sender<String>> = Mutex::new(tell);
    let mut settings = settings(folder, "refused");
    settings.max_record = 1000;
    settings.on_error = Some(Arc::new(move |_, reason| {
        tell.lock().expect("no panic").send(reason.into()).expect("a receiver");
        std::panic::resume_unwind(Box::new("ignored"));
    }));
    let client = Client::new(settings.clone());
    let nested = "{\"a\":".to_string() + &"[".repeat(900);
    let long = format!("{{\"a\":\"{}\"}}", "x".repeat(1000));
    let nan = Object::new().put("n", f64::NAN);
    let infinity = Object::new().put("n", f32::INFINITY);
    let wrong = [
        "",
        " ",
        "7",
        "[]",
        "[{}]",
        "\"x\"",
        "null",
        "{",
        "{}}",
        "{} {}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{,}",
        "{a:1}",
        "{\"a\":01}",
        "{\"a\":1.}",
        "{\"a\":.5}",
        "{\"a\":+1}",
        "{\"a\":1e}",
        "{\"a\":NaN}",
        "{\"a\":tru}",
        "{\"a\":[1,]}",
        "{\"a\":[1}",
        "{\"a\":\"\n\"}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12g4\"}",
        "{\"a\":\"\\u12é\"}",
        "{\"a\":\"\\u12",
        "{\"a\":\"",
        "{\"a\":\"\\",
        "{\"a\":'x'}",
        "{\"a\":1}\0",
        "{\"a\":é}",
        &nested,
        &long,
        nan.as_ref(),
        infinity.as_ref(),
    ];
    for record in wrong {
        assert!(!client.log(record), "taken: {record}");
        let reason = heard.recv_timeout(FAR).expect("on_error is called");
        assert!(!reason.is_empty());
    }
    let stats = client.stats();
    assert_eq!((stats.logged, stats.refused), (wrong.len() as u64, wrong.len() as u64), "{stats:?}");
    drop(client);
    assert!(spooled(&settings).is_empty());
}

fn the_longest_record_is_taken(folder: &Path) {
    let mut settings = settings(folder, "longest");
    settings.max_record = "{\"timestamp\":\"T\",\"custom_identifier\":\"é\"}".len();
    let client = Client::new(settings);
    assert!(client.log("{\"timestamp\":\"T\",\"custom_identifier\":\"é\"}"));
    assert!(!client.log("{\"timestamp\":\"T\",\"custom_identifier\":\"éI\"}"));
}

fn bytes_are_bounded(folder: &Path) {
    let mut settings = settings(folder, "bounded");
    settings.spool = None;
    settings.max_queue_bytes = 1000;
    settings.max_wait = Duration::ZERO;
    let client = Client::new(settings);
    let record = Object::new().put("timestamp", "T".repeat(400)).put("custom_identifier", "I");
    assert!(client.log(&record) && client.log(&record) && !client.log(&record), "{:?}", client.stats());
    assert!(!client.flush(Duration::ZERO), "flush says that what waits is settled");
    assert!(!client.close(Duration::from_millis(1)), "close does not say that records were dropped");
    let stats = client.stats();
    assert_eq!((stats.dropped, stats.queued), (3, 0), "{stats:?}");
}

fn after_close_nothing_is_taken(folder: &Path) {
    let client = Client::new(settings(folder, "closed"));
    client.log(Object::new().put("model", "m"));
    assert!(client.close(FAR));
    assert!(!client.log(Object::new()), "taken after close");
    assert!(client.close(FAR) && client.flush(FAR), "a second close, or a flush behind it, fails");
    let stats = client.stats();
    assert_eq!((stats.spooled, stats.dropped), (1, 1), "{stats:?}");
}

fn many_threads_close_and_log_at_once(folder: &Path) {
    let mut settings = settings(folder, "threads");
    settings.on_error = Some(Arc::new(|_, _| {}));
    let client = Client::new(settings.clone());
    thread::scope(|scope| {
        for thread in 0..8 {
            let client = &client;
            scope.spawn(move || {
                (0..500).for_each(|_| assert!(client.log(Object::new()) || thread < 7));
                if thread == 7 {
                    client.close(FAR);
                }
            });
        }
    });
    client.close(FAR);
    let stats = client.stats();
    assert_eq!((stats.logged, stats.spooled + stats.dropped), (4000, 4000), "{stats:?}");
    assert_eq!(spooled(&settings).len() as u64, stats.spooled);
}

/// The child has a queue of its own, and its exit hook flushes that and nothing of its parent's.
fn a_forked_child_starts_anew(folder: &Path) {
    let mut settings = settings(folder, "forked");
    settings.spool_after = FAR;
    let client = Client::new(settings.clone());
    client.log(Object::new().put("of", "parent"));
    // SAFETY: the child goes on with what it has alone.
    let child = unsafe { fork() };
    if child == 0 {
        let taken = client.log(Object::new().put("of", "child"));
        let logged = client.stats().logged;
        process::exit(if taken && logged == 1 { 0 } else { 1 });
    }
    let mut status = -1;
    // SAFETY: the place for the status lives through the call.
    assert_eq!(unsafe { waitpid(child, &mut status, 0) }, child);
    assert_eq!(status, 0, "the child's records are not its own");
    assert!(spooled(&settings).iter().all(|line| line.contains("child")), "the child spooled its parent's records");
    assert!(client.close(FAR));
    let mut lines = spooled(&settings);
    lines.sort();
    assert!(lines.len() == 2 && lines[0].contains("\"child\"") && lines[1].contains("\"parent\""), "{lines:?}");
    let identifier = |line: &str| line.split("custom_identifier").nth(1).map(String::from);
    assert_ne!(identifier(&lines[0]), identifier(&lines[1]));
}

fn main() {
    let folder = PathBuf::from(env::args().nth(1).expect("a folder"));
    records_become_lines(&folder);
    what_is_no_record_is_refused_and_told_once(&folder);
    the_longest_record_is_taken(&folder);
    bytes_are_bounded(&folder);
    after_close_nothing_is_taken(&folder);
    many_threads_close_and_log_at_once(&folder);
    a_forked_child_starts_anew(&folder);
    println!("own: records, refusals, bounds, close, threads, a forked child");
}
