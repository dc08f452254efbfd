//! What all invocations of a host share.

use super::committer::CommitQueue;
use super::execute::Topic;
use super::turns::Turns;
use crate::capability::LogQuota;
use crate::engine::Limits;

/// What all invocations share.
pub(super) struct Shared {
    pub(super) turns: Turns<Topic>,
    pub(super) commits: CommitQueue,
    pub(super) log_quota: LogQuota,
}

impl Shared {
    pub(super) fn new(commits: CommitQueue, limits: &Limits) -> Self {
        Self { turns: Turns::new(), commits, log_quota: LogQuota::new(limits) }
    }
}
