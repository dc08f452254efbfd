//! What all invocations of a host share.

use super::committer::CommitQueue;
use super::execute::Topic;
use super::turns::Turns;

/// What all invocations share.
pub(super) struct Shared {
    pub(super) turns: Turns<Topic>,
    pub(super) commits: CommitQueue,
}

impl Shared {
    pub(super) fn new(commits: CommitQueue) -> Self {
        Self { turns: Turns::new(), commits }
    }
}
