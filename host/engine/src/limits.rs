//! Every bound of the host, each with its default.

use std::time::Duration;

/// What an invocation, a component or a request may use. The default is meant for a shared host; every field is a
/// setting of [`crate::HostBuilder::limits`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Linear memory of one instance, bytes, all its memories together. Code `limit-memory`.
    pub memory_bytes: usize,
    /// Tables of one instance, those of all its core instances together. Code `limit-tables`.
    pub tables: usize,
    /// Core instances in one component. Code `limit-tables`.
    pub core_instances: usize,
    /// Elements of one table. Code `limit-tables`.
    pub table_elements: usize,
    /// CPU time of one invocation, waiting not counted. Code `limit-cpu`.
    pub cpu_time: Duration,
    /// Whole invocation from the start of its run, until its writes are handed over. Code `limit-deadline`.
    pub invocation_timeout: Duration,
    /// How long an invocation may queue before its run starts. Code `overloaded`.
    pub queue_timeout: Duration,
    /// Host calls of one invocation. Code `limit-host-calls`.
    pub host_calls: u64,
    /// Bytes that one host call may carry either way, and all of one invocation together. Code `limit-host-bytes`.
    pub host_call_bytes: usize,
    /// A text or JSON value of an entity, bytes. Code `limit-value-size`.
    pub value_bytes: usize,
    /// Entities of a session, those written included. Code `limit-entities`.
    pub entities: usize,
    /// Steps that the expressions of one run may take together: those of parameters, and those that the plugin
    /// evaluates. A step is 50 ns or less of computing. Code `expression-too-large`.
    pub evaluation_steps: u32,
    /// Memory that all invocations of a host may use together, bytes: instances, host calls and requests. More wait to be
    /// admitted, and an instance that needs more than there is ends. Code `overloaded`.
    pub host_memory_bytes: usize,
    /// Stack of WebAssembly code, bytes. Code `limit-stack`.
    pub stack_bytes: usize,
    /// A component's file, bytes. Code `limit-component-size`.
    pub component_bytes: usize,
    /// Compiling one component. Code `limit-compile-time`.
    pub compile_time: Duration,
    /// Memory that the compiler's process may allocate for one component, bytes; without effect where a host compiles
    /// in its own process. Code `limit-component-size`.
    pub compile_memory_bytes: usize,
    /// Log lines of one invocation; more are counted and dropped.
    pub log_lines: usize,
    /// Log lines of one invocation, bytes of all together; more lines are counted and dropped.
    pub log_bytes: usize,
    /// Log lines of one tenant in a second, over a burst of four times as many; more are counted and dropped.
    pub log_lines_per_second: usize,
    /// Log lines of one tenant in a second, bytes, over a burst of four times as many; more are counted and dropped.
    pub log_bytes_per_second: usize,
    /// Warnings of one invocation; more are counted and dropped.
    pub warnings: usize,
    /// A request: session and parameters, bytes of JSON. Code `request-too-large`.
    pub request_bytes: usize,
    /// Invocations of one tenant that run at once; more wait. Beside other tenants, one has at most an eighth of the host's
    /// places for instances, and half of them while it is alone.
    pub in_flight_per_tenant: usize,
    /// Invocations of one tenant that wait; more are refused. Code `overloaded`.
    pub queued_per_tenant: usize,
    /// Instances of one worker that are alive at once; more wait.
    pub instances_per_worker: u32,
    /// How often a stale invocation is run again. Code `store-conflict`.
    pub max_retries: u32,
    /// How long an idempotency key is remembered.
    pub idempotency_key_ttl: Duration,
    /// An outcome that is kept under a key, bytes of JSON. Code `limit-value-size`.
    pub outcome_bytes: usize,
    /// Bytes that one tenant may have stored: contacts, records, do-not-disturb entries and keys. Code `quota`.
    pub stored_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        const MIB: usize = 1 << 20;
        Self {
            memory_bytes: 64 * MIB,
            tables: 8,
            core_instances: 32,
            table_elements: 65_536,
            cpu_time: Duration::from_millis(200),
            invocation_timeout: Duration::from_secs(5),
            queue_timeout: Duration::from_secs(5),
            host_calls: 10_000,
            host_call_bytes: 16 * MIB,
            value_bytes: MIB,
            entities: 1_000,
            evaluation_steps: 1_000_000,
            host_memory_bytes: super::memory_budget::default_bytes(),
            stack_bytes: 256 << 10,
            component_bytes: 64 * MIB,
            compile_time: Duration::from_secs(60),
            compile_memory_bytes: 2_048 * MIB,
            log_lines: 1_000,
            log_bytes: 64 << 10,
            log_lines_per_second: 1_000,
            log_bytes_per_second: 256 << 10,
            warnings: 100,
            request_bytes: 4 * MIB,
            in_flight_per_tenant: 256,
            queued_per_tenant: 4_096,
            instances_per_worker: 256,
            max_retries: 8,
            idempotency_key_ttl: Duration::from_secs(7 * 24 * 60 * 60),
            outcome_bytes: MIB,
            stored_bytes: 1 << 30,
        }
    }
}
