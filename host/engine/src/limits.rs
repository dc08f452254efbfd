//! All limits of the host with their defaults.

use std::time::Duration;

/// Limits of an invocation, a component or a request. The defaults suit a shared host; `HostBuilder::limits`
/// sets every field.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Linear memory of one instance, bytes, all its memories together. Default: 64 MiB. Code `limit-memory`.
    pub memory_bytes: usize,
    /// Linear memories of one instance, all its core instances together. Default: 4. Code `limit-memory`.
    pub memories: usize,
    /// Tables of one instance, all its core instances together. Default: 8. Code `limit-tables`.
    pub tables: usize,
    /// Core instances in one component. Default: 64. Code `limit-tables`.
    pub core_instances: usize,
    /// Elements of one table. Default: 65,536. Code `limit-tables`.
    pub table_elements: usize,
    /// CPU time of one invocation; waiting is not counted. Default: 200 ms. Code `limit-cpu`.
    pub cpu_time: Duration,
    /// Time of one invocation from the start of its run until it queues its writes. Default: 5 s. Code
    /// `limit-deadline`.
    pub invocation_timeout: Duration,
    /// Time that an invocation may queue before its run starts. Default: 5 s. Code `overloaded`.
    pub queue_timeout: Duration,
    /// Host calls of one invocation. Default: 10,000. Code `limit-host-calls`.
    pub host_calls: u64,
    /// Bytes that one host call may transfer in either direction, and all host calls of one invocation together.
    /// Default: 16 MiB. Code `limit-host-bytes`.
    pub host_call_bytes: usize,
    /// A text or JSON value of an entity, bytes. Default: 1 MiB. Code `limit-value-size`.
    pub value_bytes: usize,
    /// Entities of a session, including those that the action writes. Default: 1,000. Code `limit-entities`.
    pub entities: usize,
    /// Steps of all expressions of one run, those of parameters and those that the plugin evaluates. A step takes at
    /// most 50 ns of CPU time. Default: 1,000,000. Code `expression-too-large`.
    pub evaluation_steps: u32,
    /// Memory that all invocations of a host may use together, bytes: instances, host calls and requests. Further
    /// invocations wait for admission. An instance that needs more than is free ends. Default: half of the machine's
    /// memory, or of its control group if that has less. Code `overloaded`.
    pub host_memory_bytes: usize,
    /// Stack of WebAssembly code, bytes. Default: 256 KiB. Code `limit-stack`.
    pub stack_bytes: usize,
    /// A component's file, bytes. Default: 64 MiB. Code `limit-component-size`.
    pub component_bytes: usize,
    /// Time to compile one component. Default: 60 s. Code `limit-compile-time`.
    pub compile_time: Duration,
    /// Memory that the compiler's process may allocate for one component, bytes. It has no effect if a host compiles in
    /// its own process. Default: 2 GiB. Code `limit-component-size`.
    pub compile_memory_bytes: usize,
    /// Log lines of one invocation; the host counts and drops further lines. Default: 1,000.
    pub log_lines: usize,
    /// Log lines of one invocation, bytes of all together; the host counts and drops further lines. Default: 64 KiB.
    pub log_bytes: usize,
    /// Log lines of one tenant per second, with a burst of four times as many; the host counts and drops further lines.
    /// Default: 1,000.
    pub log_lines_per_second: usize,
    /// Bytes of the log lines of one tenant per second, with a burst of four times as many; the host counts and drops
    /// further lines. Default: 256 KiB.
    pub log_bytes_per_second: usize,
    /// Warnings of one invocation; the host counts and drops further warnings. Default: 100.
    pub warnings: usize,
    /// A request, session and parameters together, bytes of JSON. Default: 4 MiB. Code `request-too-large`.
    pub request_bytes: usize,
    /// Invocations of one tenant that run at once; further invocations wait. One tenant also has at most an eighth of
    /// the host's instance slots beside other tenants, and half of them while it is alone. Default: 256.
    pub in_flight_per_tenant: usize,
    /// Invocations of one tenant that wait; the host rejects further invocations. Default: 4,096. Code `overloaded`.
    pub queued_per_tenant: usize,
    /// Instances of one worker that exist at once; further invocations wait. Default: 256.
    pub instances_per_worker: u32,
    /// Retries of an invocation whose data changed concurrently. Default: 8. Code `store-conflict`.
    pub max_retries: u32,
    /// How long an idempotency key stays valid. Default: 7 days.
    pub idempotency_key_ttl: Duration,
    /// An outcome that is stored under an idempotency key, bytes of JSON. Default: 1 MiB. Code `limit-value-size`.
    pub outcome_bytes: usize,
    /// Stored bytes of one tenant: contacts, records, do-not-disturb entries and idempotency keys. Default: 1 GiB. Code
    /// `quota`.
    pub stored_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        const MIB: usize = 1 << 20;
        Self {
            memory_bytes: 64 * MIB,
            memories: 4,
            tables: 8,
            core_instances: 64,
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
