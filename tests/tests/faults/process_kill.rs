//! A process is killed repeatedly while it works, and a client sends its requests again.

use crate::invariants;
use crate::requests::{self, Kind, LISTS, list};
use flowhost_tests::command::TestEnv;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng as _, SeedableRng as _};
use serde_json::Value as Json;
use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

const KILLS: usize = 20;

/// Requests for each process.
const REQUESTS_PER_PROCESS: usize = 10_000;

/// Contacts that requests use.
const CONTACTS: usize = 1_000;

/// Records to cancel.
const CANCELLABLE: usize = 4_000;

/// Acknowledged requests that are sent again after each kill. At the end, all are sent again.
const RESENT_PER_KILL: usize = 100;

/// Limit for the attempts of a request that exceeds a time limit.
const MAX_ATTEMPTS: usize = 5;

const DATABASE: &str = "flowhost.db";
const BATCH: [&str; 4] = ["invoke", "--batch", "--jobs", "64"];

/// A request, and its first answer.
struct SentRequest {
    kind: Kind,
    key: String,
    line: String,
    answer: Option<String>,
}

/// A client that generates distinct requests.
struct Client {
    random: Xoshiro256PlusPlus,
    contacts: Vec<String>,
    cancellable: Vec<(String, String)>,
    made: usize,
    listed: usize,
}

pub(crate) async fn is_killed() {
    let seed =
        std::env::var("FLOWHOST_SEED").map_or_else(|_| RandomState::new().hash_one(0), |seed| seed.parse().unwrap());
    println!("FLOWHOST_SEED={seed} repeats these requests");
    let env = TestEnv::with_configuration(&requests::configuration());
    let mut client = Client::new(&env, seed);
    let mut book: Vec<SentRequest> = Vec::new();
    let mut unanswered: Vec<usize> = Vec::new();
    let mut in_the_middle = 0;
    for kill in 0..KILLS {
        while unanswered.len() < REQUESTS_PER_PROCESS {
            unanswered.push(book.len());
            book.push(client.next());
        }
        client.shuffle(&mut unanswered);
        let after = client.below(REQUESTS_PER_PROCESS);
        let delay = Duration::from_micros(client.below(1_000) as u64);
        let lines: String = unanswered.iter().map(|asked| book[*asked].line.as_str()).collect();
        let answers = run_until_killed(&env, lines, after, delay);
        println!("kill {kill}: {} answers; killed {delay:?} after answer {after}", answers.len());
        assert!(answers.len() >= after, "the process ended before it was killed");
        in_the_middle += usize::from(answers.len() < REQUESTS_PER_PROCESS);
        let mut answered = Vec::new();
        for (asked, answer) in unanswered.iter().zip(answers) {
            if book[*asked].check_answer(&answer) {
                answered.push(*asked);
            }
        }
        unanswered.retain(|asked| book[*asked].answer.is_none());
        let again: Vec<&SentRequest> = answered.iter().rev().take(RESENT_PER_KILL).map(|asked| &book[*asked]).collect();
        restart(&env, &again);
        assert_stored(&book, &invariants::check(&env.path(DATABASE)).await);
    }
    assert!(in_the_middle >= KILLS / 2, "only {in_the_middle} of {KILLS} kills were in the middle");
    resend_all(&env, &mut book);
    let kept = invariants::check(&env.path(DATABASE)).await;
    assert_stored(&book, &kept);
    assert_eq!(kept.len(), book.len());
}

impl Client {
    fn new(env: &TestEnv, seed: u64) -> Self {
        let id = |answer: &Json| answer["entities"]["made_id"].as_str().map(str::to_owned);
        let batch = |requests: &[Json]| {
            let lines: String = requests.iter().map(|request| format!("{request}\n")).collect();
            let made =
                || env.run_with(&BATCH, &lines).assert_success().lines().iter().map(id).collect::<Option<Vec<_>>>();
            // Objects of an incomplete attempt do not affect the test.
            (0..MAX_ATTEMPTS).find_map(|_| made()).expect("all objects were created")
        };
        let people = batch(&(0..CONTACTS).map(requests::contact_request).collect::<Vec<_>>());
        let contacts: Vec<_> = people.iter().cycle().take(CANCELLABLE).cloned().collect();
        let records = batch(&contacts.iter().map(|contact| requests::record_request(contact)).collect::<Vec<_>>());
        let cancellable = contacts.into_iter().zip(records).collect();
        Self { random: Xoshiro256PlusPlus::seed_from_u64(seed), contacts: people, cancellable, made: 0, listed: 0 }
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.random.next_u64() % bound as u64).unwrap()
    }

    fn shuffle(&mut self, list: &mut [usize]) {
        for last in (1..list.len()).rev() {
            list.swap(last, self.below(last + 1));
        }
    }

    fn next(&mut self) -> SentRequest {
        let kind = match self.below(100) {
            0..20 => Kind::Contact,
            20..40 => Kind::Pair,
            40..55 => Kind::Linked,
            80..88 if self.listed + 1 < CONTACTS * LISTS => Kind::Dnd,
            88..91 if !self.cancellable.is_empty() => Kind::Cancel,
            91..95 => Kind::Refused,
            95..100 => Kind::ReadOnly,
            _ => Kind::Record,
        };
        self.made += 1;
        let contact_index = self.below(CONTACTS);
        let line = match kind {
            Kind::Cancel => {
                let (contact, record) = self.cancellable.pop().expect("there is one");
                kind.request(self.made, &contact, &record)
            }
            // Each pair of contact and list occurs once.
            Kind::Dnd => {
                self.listed += 1;
                kind.request(self.made, &self.contacts[self.listed / LISTS], &list(self.listed % LISTS))
            }
            _ => kind.request(self.made, &self.contacts[contact_index], ""),
        };
        SentRequest { kind, key: format!("{}/{}", kind.name(), self.made), line: format!("{line}\n"), answer: None }
    }
}

impl SentRequest {
    /// Asserts that an answer is expected and equals the first answer. Returns false if the request must be sent again.
    fn check_answer(&mut self, answer: &str) -> bool {
        if is_over_limit(answer) {
            return false;
        }
        assert!(answer.contains(self.kind.expected_text()), "{}: {answer}", self.key);
        let answer = without_replay(answer);
        match &self.answer {
            Some(before) if self.kind.is_durable() => assert_eq!(&answer, before, "{}", self.key),
            _ => self.answer = Some(answer),
        }
        true
    }
}

/// Whether the request exceeded a time limit. This can happen on a machine that is busy for seconds.
fn is_over_limit(answer: &str) -> bool {
    ["limit-deadline", "limit-cpu", "overloaded"].iter().any(|code| answer.contains(&format!("\"code\":\"{code}\"")))
}

/// The answer with `replayed` set to false, as in the first answer.
fn without_replay(answer: &str) -> String {
    answer.trim_end().replace("\"replayed\":true", "\"replayed\":false")
}

/// A process whose log is discarded, so that it never waits for a reader.
fn process(env: &TestEnv) -> Child {
    env.command(&BATCH).stderr(Stdio::null()).spawn().expect("the binary runs")
}

/// Sends lines to a process, and kills it `delay` after answer number `after`. Returns all complete answers.
fn run_until_killed(env: &TestEnv, lines: String, after: usize, delay: Duration) -> Vec<String> {
    let mut child = process(env);
    let mut stdin = child.stdin.take().expect("stdin is a pipe");
    let writer = std::thread::spawn(move || {
        drop(stdin.write_all(lines.as_bytes()));
        // Stdin stays open, so that only the signal ends the process.
        stdin
    });
    let mut stdout = BufReader::new(child.stdout.take().expect("stdout is a pipe"));
    let mut answers = Vec::with_capacity(REQUESTS_PER_PROCESS);
    let mut next = || {
        let mut line = String::new();
        stdout.read_line(&mut line).expect("answers are UTF-8");
        // A truncated line is not an answer.
        line.ends_with('\n').then_some(line)
    };
    answers.extend(std::iter::from_fn(&mut next).take(after));
    std::thread::sleep(delay);
    child.kill().expect("it runs until it is killed");
    child.wait().expect("it has been killed");
    answers.extend(std::iter::from_fn(next));
    drop(writer.join());
    answers
}

/// Starts a process on the store of the killed one. Asserts that it answers within a second, and that it replays the
/// acknowledged requests.
fn restart(env: &TestEnv, again: &[&SentRequest]) {
    let left = TestEnv::new();
    copy_files(env, &left);
    let mut took = resend(env, again);
    // A busy machine may exceed the limit a few times.
    for _ in 0..4 {
        if took <= Duration::from_secs(1) {
            return;
        }
        let copy = TestEnv::new();
        copy_files(&left, &copy);
        took = resend(&copy, again);
    }
    panic!("the first answer took {took:?}");
}

fn copy_files(from: &TestEnv, to: &TestEnv) {
    for name in [DATABASE, "flowhost.db-wal", "flowhost.db-shm"] {
        if from.path(name).exists() {
            std::fs::copy(from.path(name), to.path(name)).expect("files can be copied");
        }
    }
}

/// Sends these requests again. Returns the time until the first answer.
fn resend(env: &TestEnv, again: &[&SentRequest]) -> Duration {
    let started = Instant::now();
    let mut child = process(env);
    let mut stdin = child.stdin.take().expect("stdin is a pipe");
    let mut stdout = BufReader::new(child.stdout.take().expect("stdout is a pipe"));
    // The pipe can hold all lines.
    let lines: String = again.iter().map(|asked| asked.line.as_str()).collect();
    stdin.write_all(lines.as_bytes()).expect("it reads");
    let mut took = None;
    for asked in again {
        let mut line = String::new();
        stdout.read_line(&mut line).expect("answers are UTF-8");
        took.get_or_insert(started.elapsed());
        if asked.kind.is_durable() && !is_over_limit(&line) {
            assert!(line.contains("\"replayed\":true"), "{} was carried out twice: {line}", asked.key);
            assert_eq!(Some(without_replay(&line)), asked.answer, "{}", asked.key);
        }
    }
    drop(stdin);
    assert!(child.wait().expect("it ends").success());
    took.unwrap_or_default()
}

/// Asserts that every acknowledged outcome is stored unchanged.
fn assert_stored(book: &[SentRequest], kept: &HashMap<String, String>) {
    for asked in book.iter().filter(|asked| asked.kind.is_durable()) {
        let Some(answer) = &asked.answer else { continue };
        assert_eq!(kept.get(&asked.key), Some(answer), "the stored outcome of {} differs from its answer", asked.key);
    }
}

/// Sends all requests again until each has been carried out.
fn resend_all(env: &TestEnv, book: &mut [SentRequest]) {
    let mut left: Vec<&mut SentRequest> = book.iter_mut().collect();
    for _ in 0..MAX_ATTEMPTS {
        let lines: String = left.iter().map(|asked| asked.line.as_str()).collect();
        let answers = env.run_with(&BATCH, &lines).assert_success().stdout;
        assert_eq!(answers.lines().count(), left.len());
        let mut answers = answers.lines();
        left.retain_mut(|asked| !answers.next().is_some_and(|answer| asked.check_answer(answer)));
    }
    assert!(left.is_empty(), "{} requests are never carried out", left.len());
}
