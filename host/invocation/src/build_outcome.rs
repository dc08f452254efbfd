//! Construction of outcomes and failures.

use super::bounded_json::to_bounded_json;
use super::execute::Invocation;
use super::outcome::{Failure, Outcome, OutcomeError, Usage};
use flowhost_domain::Refusal;
use flowhost_engine::task::{Phase, StopReason};
use flowhost_error::text::{first_characters, quote, truncate_bytes};
use flowhost_error::{ErrorCode, is_refusal_code};
use flowhost_host_functions::bindings::flow::action::types::Error as WitError;
use flowhost_host_functions::{EntityWrites, RunOutput, Warning};
use flowhost_manifest::Manifest;
use flowhost_store::{IdempotencyRecord, NewIdempotencyRecord, StoreError, Transaction};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

impl Invocation {
    /// Returns the outcome as it is stored under the invocation's idempotency key, if it has one. `Err`: the outcome is
    /// too large to be stored.
    pub(super) fn idempotency_record(&self, outcome: &Outcome) -> Result<Option<NewIdempotencyRecord>, OutcomeError> {
        let Some(key) = self.request.key.clone() else { return Ok(None) };
        let limits = &self.context.limits;
        let Some(outcome) = to_bounded_json(outcome, limits.outcome_bytes) else {
            let most = limits.outcome_bytes;
            let message = format!(
                "the outcome has more than {most} bytes, the limit for an idempotency key; write fewer or shorter entities"
            );
            return Err(OutcomeError { code: ErrorCode::LimitValueSize.as_str().to_owned(), message, parameter: None });
        };
        Ok(Some(NewIdempotencyRecord {
            key,
            fingerprint: self.fingerprint(),
            outcome,
            ttl: limits.idempotency_key_ttl,
        }))
    }

    pub(super) fn replay(&self, stored: &IdempotencyRecord) -> Result<Outcome, Failure> {
        if stored.fingerprint != self.fingerprint() {
            let message = "the key was used before for a different action, parameters or session; use a new key";
            return Err(Failure::new(ErrorCode::KeyReused, message));
        }
        let outcome: Outcome = serde_json::from_str(&stored.outcome)
            .map_err(|error| StoreError::Unavailable(format!("the outcome under the key can't be read: {error}")))?;
        Ok(Outcome { replayed: true, ..outcome })
    }

    /// Checks that the manifest lists the port. `Err`: the message for `plugin-contract`.
    pub(super) fn check_port(&self, port: &str) -> Result<(), String> {
        if self.request.node.parameters().is_port(port) {
            return Ok(());
        }
        let port = first_characters(port, 64);
        Err(format!("the plugin exited through port {port:?}, which its manifest doesn't list"))
    }

    /// Builds the outcome of an action that exited through this port. `Err`: the action violated the contract.
    pub(super) fn outcome(
        &self,
        started: Instant,
        port: String,
        output: RunOutput,
    ) -> Result<(Transaction, Outcome), String> {
        self.check_port(&port)?;
        let RunOutput { transaction: Some(transaction), writes, warnings } = output else {
            return Err("the run returned no transaction".to_owned());
        };
        Ok((transaction, self.successful_outcome(started, port, writes, warnings)))
    }

    /// Builds the outcome of an action that exited through a port of its manifest.
    pub(super) fn successful_outcome(
        &self,
        started: Instant,
        port: String,
        writes: EntityWrites,
        reported: Vec<Warning>,
    ) -> Outcome {
        let EntityWrites { values: entities, mut cleared } = writes;
        let outs = self.request.node.parameters().entity_outs().map(|(entity, _)| entity);
        cleared.extend(outs.filter(|entity| !entities.contains_key(*entity)).map(str::to_owned));
        let mut warnings = self.request.node.warnings();
        warnings.extend(reported);
        let (cleared, usage) = (cleared.into_iter().collect(), self.usage(started));
        Outcome { port, entities, cleared, error: None, warnings, replayed: false, usage }
    }

    pub(super) fn fault_outcome(&self, started: Instant, code: ErrorCode, message: String) -> Outcome {
        self.error_outcome(started, OutcomeError { code: code.as_str().to_owned(), message, parameter: None })
    }

    /// Builds an outcome on the port `error`. It sets every entity-out to the manifest's `on-error` value or clears it,
    /// so that no outdated value remains.
    pub(super) fn error_outcome(&self, started: Instant, error: OutcomeError) -> Outcome {
        let mut entities = BTreeMap::new();
        let mut cleared = BTreeSet::new();
        for (entity, on_error) in self.request.node.parameters().entity_outs() {
            match on_error {
                Some(value) => drop(entities.insert(entity.to_owned(), value.clone())),
                None => drop(cleared.insert(entity.to_owned())),
            }
        }
        Outcome {
            port: flowhost_manifest::ERROR_PORT.to_owned(),
            entities,
            cleared: cleared.into_iter().collect(),
            error: Some(error),
            warnings: self.request.node.warnings(),
            replayed: false,
            usage: self.usage(started),
        }
    }

    pub(super) fn usage(&self, started: Instant) -> Usage {
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let now = Instant::now();
        Usage {
            cpu_us: micros(self.task_state.cpu_time_at(now)),
            wall_us: micros(now.saturating_duration_since(started)),
            host_calls: self.run_log.host_calls(),
            memory_bytes: self.run_log.memory_bytes(),
        }
    }

    /// Returns the result of an invocation that was stopped.
    pub(super) fn outcome_for_stop(&self, reason: StopReason) -> Result<Outcome, Failure> {
        let limits = &self.context.limits;
        let since = |phase| match phase {
            Phase::Running(since) | Phase::WaitingForLock(since) => since,
            Phase::Queued | Phase::Committing => Instant::now(),
        };
        let started = since(self.task_state.phase());
        match reason {
            StopReason::Cpu => Ok(self.fault_outcome(
                started,
                ErrorCode::LimitCpu,
                format!("the plugin used more than {:?} of CPU time", limits.cpu_time),
            )),
            StopReason::Deadline(Phase::Queued) => Err(Failure::transient(
                ErrorCode::Overloaded,
                "the invocation waited too long in the queue; try again later",
            )),
            StopReason::Deadline(Phase::WaitingForLock(_)) => Err(Failure::transient(
                ErrorCode::StoreConflict,
                format!(
                    "the invocation waited {:?} for others that changed the same data; try again",
                    limits.invocation_timeout
                ),
            )),
            StopReason::Deadline(_) => Ok(self.fault_outcome(
                started,
                ErrorCode::LimitDeadline,
                format!("the invocation took longer than {:?}", limits.invocation_timeout),
            )),
            StopReason::Cancelled => {
                Err(Failure::transient(ErrorCode::Overloaded, "the caller dropped the invocation"))
            }
            StopReason::Panicked => Ok(self.fault_outcome(
                started,
                ErrorCode::PluginTrap,
                "the host stopped the run because of an internal error".to_owned(),
            )),
        }
    }
}

/// Returns the failure of a commit that would exceed the tenant's quota.
pub(super) fn quota_failure(quota: u64) -> Failure {
    let message = format!(
        "the tenant would have more than {quota} bytes stored, which is its quota; wait until keys expire, or raise the quota"
    );
    Failure::new(ErrorCode::Quota, message)
}

pub(super) fn store_conflict() -> Failure {
    Failure::transient(ErrorCode::StoreConflict, "the data changed concurrently and all retries were used; try again")
}

pub(super) fn error_from_refusal(refusal: Refusal) -> OutcomeError {
    OutcomeError { code: refusal.code.as_str().to_owned(), message: refusal.message, parameter: None }
}

/// Checks that a plugin may refuse with this code: one of the host's, or one of its own.
///
/// # Errors
/// The message for `plugin-contract`.
pub(super) fn check_refusal_code(manifest: &Manifest, code: &str) -> Result<(), String> {
    if !is_refusal_code(code) {
        let code = quote(code);
        return Err(format!(
            "the plugin refused with the code {code}, which is neither the host's nor has the form acme/too-low"
        ));
    }
    if code.contains('/') && !manifest.declares_error(code) {
        return Err(format!("the plugin refused with the code {code}, which its manifest doesn't list in `errors`"));
    }
    Ok(())
}

/// Converts a plugin's error and truncates its message to 4 KiB.
pub(super) fn error_from_guest(error: WitError) -> OutcomeError {
    const MAX_BYTES: usize = 4 << 10;
    let WitError { code, message, parameter, .. } = error;
    let message = truncate_bytes(message, MAX_BYTES);
    OutcomeError { code, message, parameter: parameter.filter(|name| name.len() <= MAX_BYTES) }
}
