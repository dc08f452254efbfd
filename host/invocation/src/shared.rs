//! State that all invocations of a host share.

use super::committer::CommitQueue;
use super::execute::LockKey;
use flowhost_engine::Limits;
use flowhost_host_functions::LogQuota;
use flowhost_sync::KeyedLocks;

/// The locks, the commit queue and the log quota of a host.
pub(super) struct HostShared {
    pub(super) keyed_locks: KeyedLocks<LockKey>,
    pub(super) commit_queue: CommitQueue,
    pub(super) log_quota: LogQuota,
}

impl HostShared {
    pub(super) fn new(commit_queue: CommitQueue, limits: &Limits) -> Self {
        Self { keyed_locks: KeyedLocks::new(), commit_queue, log_quota: LogQuota::new(limits) }
    }
}
