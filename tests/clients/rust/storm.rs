//! The test program of the Rust client; tests/clients/storm.py says what it is told and answers.

use respand::{Client, Object, Settings, Value};
use std::time::{Duration, Instant};
use std::{env, io, process, thread};

struct Storm {
    client: &'static Client,
    threads: usize,
    prefix: String,
    next: usize,
    took: Vec<Duration>, // by log()
}

fn message(role: &str, content: &str) -> Object {
    Object::new().put("role", role).put("content", content)
}

impl Storm {
    fn log(&mut self, count: usize) {
        let mut loggers = Vec::new();
        for first in 0..self.threads {
            let (client, threads, next) = (self.client, self.threads, self.next);
            let prefix = self.prefix.clone();
            loggers.push(thread::spawn(move || {
                let mut took = Vec::new();
                for i in (first..count).step_by(threads) {
                    let usage = Object::new().put("prompt_tokens", 3).put("completion_tokens", 2);
                    let begin = Instant::now();
                    client.log(
                        Object::new()
                            .put("custom_identifier", format!("{prefix}-{}", next + i))
                            .put("model", "gpt-4o")
                            .put("prompt_messages", [message("user", "héllo \0")].as_slice())
                            .put("completion_message", message("assistant", "Hi."))
                            .put("usage", usage),
                    );
                    took.push(begin.elapsed());
                }
                took
            }));
        }
        for logger in loggers {
            match logger.join() {
                Ok(took) => self.took.extend(took),
                Err(_) => process::exit(3),
            }
        }
        self.next += count;
    }

    fn deep(&self) {
        let deep = (1..70).fold(Object::new(), |inner, _| Object::new().put("deep", inner));
        self.client.log(deep);
    }

    fn print_stats(&mut self) {
        self.took.sort();
        let at = |share: f64| {
            let index = (share * (self.took.len().max(1) - 1) as f64) as usize;
            self.took.get(index).map_or(0.0, |time| time.as_secs_f64() * 1e6)
        };
        let stats = self.client.stats();
        let mut last_error = String::new();
        stats.last_error.write(&mut last_error);
        println!(
            "{{\"logged\":{},\"durable\":{},\"spooled\":{},\"refused\":{},\"dropped\":{},\"queued\":{},\"connects\":{},\
             \"last_error\":{last_error},\"p50_us\":{:.1},\"p99_us\":{:.1},\"max_us\":{:.1}}}",
            stats.logged,
            stats.durable,
            stats.spooled,
            stats.refused,
            stats.dropped,
            stats.queued,
            stats.connects,
            at(0.5),
            at(0.99),
            at(1.0)
        );
    }
}

fn number(text: &str) -> f64 {
    text.parse().unwrap_or_else(|error| {
        eprintln!("{text}: {error}");
        process::exit(64)
    })
}

fn seconds(text: &str) -> Duration {
    Duration::from_secs_f64(number(text))
}

fn main() {
    let args: Vec<String> = env::args().collect();
    let mut settings = Settings {
        socket: args[1].clone().into(),
        spool: Some(args[2].clone().into()).filter(|_| args[2] != "-"),
        max_queue: number(&args[5]) as usize,
        close_timeout: seconds(&args[6]),
        ..Settings::default()
    };
    if let Ok(timeout) = env::var("STORM_ACK_TIMEOUT") {
        settings.ack_timeout = seconds(&timeout);
    }
    // Never dropped: what "exit" leaves behind is up to the client's own hook.
    let client: &'static Client = Box::leak(Box::new(Client::new(settings)));
    let threads = number(&args[3]) as usize;
    let mut storm = Storm { client, threads, prefix: args[4].clone(), next: 0, took: Vec::new() };
    for line in io::stdin().lines().map_while(Result::ok) {
        let (word, count) = line.split_once(' ').unwrap_or((&line, "0"));
        match word {
            "log" => {
                storm.log(number(count) as usize);
                println!("logged {count}");
            }
            "deep" => {
                storm.deep();
                println!("logged 1");
            }
            "flush" => println!("flushed {}", client.flush(Duration::from_secs(20))),
            "stats" => storm.print_stats(),
            _ => return,
        }
    }
    client.close(seconds(&args[6]));
    storm.print_stats();
}
