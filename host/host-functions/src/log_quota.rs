//! How much of the operator's log each tenant may fill: a rate of lines and of bytes, with a burst.

use flowhost_engine::Limits;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Seconds of the rate that a tenant may use at once after it has been silent.
const BURST: u64 = 4;

/// Tenants with a quota of their own. All others share one.
const MAX_TENANTS: usize = 1_024;

/// Time between two searches for tenants that have been silent.
const SWEEP: Duration = Duration::from_secs(1);

/// The quotas of all tenants of a host.
pub(crate) struct LogQuota {
    rates: Rates,
    tenants: Mutex<TenantTable>,
}

/// The time that one unit takes at the rate.
struct Rates {
    line: Duration,
    byte: Duration,
}

struct TenantTable {
    by_name: HashMap<String, TenantUsage, foldhash::fast::RandomState>,
    others: TenantUsage,
    swept: Instant,
}

/// The use of one tenant: the instants at which the rate would have allowed all of it. They lie in the past for a
/// tenant that has its whole burst.
#[derive(Clone, Copy)]
struct TenantUsage {
    lines: Instant,
    bytes: Instant,
    dropped: DropCounts,
}

/// The lines and warnings of a run or a tenant that nobody sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct DropCounts {
    pub(crate) lines: u64,
    pub(crate) warnings: u64,
}

impl DropCounts {
    pub(crate) fn is_none(self) -> bool {
        self == Self::default()
    }

    fn add(&mut self, other: Self) {
        self.lines = self.lines.saturating_add(other.lines);
        self.warnings = self.warnings.saturating_add(other.warnings);
    }
}

impl LogQuota {
    pub(crate) fn new(limits: &Limits) -> Self {
        let (rates, now) = (Rates::new(limits), Instant::now());
        let tenants = TenantTable { by_name: HashMap::default(), others: TenantUsage::unused(now), swept: now };
        Self { rates, tenants: Mutex::new(tenants) }
    }

    /// Charges the tenant for the lines of one run, which have these lengths in bytes, in their order, and for one more
    /// if something that was dropped has to be reported.
    ///
    /// Answers how many lines from the first one on the log takes, and what to report as dropped. Lines that the quota
    /// has no room for are dropped and counted until a report has room.
    pub(crate) fn charge(
        &self,
        tenant: &str,
        lengths: impl Iterator<Item = usize>,
        dropped: DropCounts,
    ) -> (usize, DropCounts) {
        self.charge_at(Instant::now(), tenant, lengths, dropped)
    }

    fn charge_at(
        &self,
        now: Instant,
        tenant: &str,
        lengths: impl Iterator<Item = usize>,
        dropped: DropCounts,
    ) -> (usize, DropCounts) {
        // A panic while the lock was held can't have left an instant half written.
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        let quota = tenants.usage_of(tenant, now);
        let (mut accepted, mut left_out) = (0, 0);
        for length in lengths {
            if left_out == 0 && self.rates.charge(quota, length, now) {
                accepted += 1;
            } else {
                left_out += 1;
            }
        }
        quota.dropped.add(dropped);
        quota.dropped.add(DropCounts { lines: left_out, warnings: 0 });
        let is_reported = !quota.dropped.is_none() && self.rates.charge(quota, 0, now);
        (accepted, if is_reported { std::mem::take(&mut quota.dropped) } else { DropCounts::default() })
    }
}

impl Rates {
    fn new(limits: &Limits) -> Self {
        let unit = |per_second: usize| Duration::from_secs(1) / u32::try_from(per_second.max(1)).unwrap_or(u32::MAX);
        Self { line: unit(limits.log_lines_per_second), byte: unit(limits.log_bytes_per_second) }
    }

    /// Uses one line of so many bytes, if there is room for it.
    fn charge(&self, quota: &mut TenantUsage, length: usize, now: Instant) -> bool {
        let bytes = self.byte.saturating_mul(u32::try_from(length).unwrap_or(u32::MAX));
        let after = |used: Instant, more: Duration| used.max(now).checked_add(more);
        let (Some(lines), Some(bytes)) = (after(quota.lines, self.line), after(quota.bytes, bytes)) else {
            return false;
        };
        let burst = Duration::from_secs(BURST);
        let has_room = lines.duration_since(now) <= burst && bytes.duration_since(now) <= burst;
        if has_room {
            (quota.lines, quota.bytes) = (lines, bytes);
        }
        has_room
    }
}

impl TenantUsage {
    fn unused(now: Instant) -> Self {
        Self { lines: now, bytes: now, dropped: DropCounts::default() }
    }

    fn is_unused(&self, now: Instant) -> bool {
        self.lines <= now && self.bytes <= now
    }
}

impl TenantTable {
    fn usage_of(&mut self, tenant: &str, now: Instant) -> &mut TenantUsage {
        if !self.by_name.contains_key(tenant) {
            if self.by_name.len() >= MAX_TENANTS && now.saturating_duration_since(self.swept) >= SWEEP {
                self.by_name.retain(|_, quota| !quota.is_unused(now));
                self.swept = now;
            }
            if self.by_name.len() >= MAX_TENANTS {
                return &mut self.others;
            }
        }
        self.by_name.entry(tenant.to_owned()).or_insert_with(|| TenantUsage::unused(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quota() -> (LogQuota, Instant) {
        let limits = Limits { log_lines_per_second: 10, log_bytes_per_second: 1_000, ..Limits::default() };
        (LogQuota::new(&limits), Instant::now())
    }

    /// How many lines of these lengths the log takes, and how many are reported as dropped.
    fn charge(quota: &LogQuota, at: Instant, tenant: &str, lengths: &[usize]) -> (usize, u64) {
        let (taken, dropped) = quota.charge_at(at, tenant, lengths.iter().copied(), DropCounts::default());
        (taken, dropped.lines)
    }

    #[test]
    fn a_tenant_has_a_burst_and_a_rate_of_bytes() {
        let (quota, now) = quota();
        assert_eq!(charge(&quota, now, "acme", &[1_000; 5]), (4, 1));
        assert_eq!(charge(&quota, now, "other", &[1_000]), (1, 0));
        let later = now + Duration::from_secs(1);
        assert_eq!(charge(&quota, later, "acme", &[1_000, 1]), (1, 1));
    }

    #[test]
    fn dropped_lines_are_reported_when_there_is_room() {
        let (quota, now) = quota();
        let dropped = DropCounts { lines: 3, warnings: 2 };
        assert_eq!(quota.charge_at(now, "acme", [1; 50].into_iter(), dropped), (40, DropCounts::default()));
        assert_eq!(charge(&quota, now, "acme", &[1]), (0, 0));
        let later = now + Duration::from_secs(1);
        let reported = quota.charge_at(later, "acme", [1].into_iter(), DropCounts::default());
        assert_eq!(reported, (1, DropCounts { lines: 14, warnings: 2 }));
        assert_eq!(charge(&quota, later, "acme", &[1]), (1, 0));
    }

    #[test]
    fn a_line_longer_than_the_burst_is_dropped() {
        let (quota, now) = quota();
        assert_eq!(charge(&quota, now, "acme", &[4_001, 1]), (0, 2));
    }

    #[test]
    fn tenants_beyond_the_limit_share_a_quota_until_others_are_idle() {
        let (quota, now) = quota();
        let charge = |at, tenant: &str| charge(&quota, at, tenant, &[4_000]).0;
        for number in 0..MAX_TENANTS {
            assert_eq!(charge(now, &number.to_string()), 1);
        }
        assert_eq!((charge(now, "one"), charge(now, "two")), (1, 0));
        let later = now + Duration::from_secs(60);
        assert_eq!((charge(later, "one"), charge(later, "two")), (1, 1));
        assert_eq!(quota.tenants.lock().unwrap_or_else(PoisonError::into_inner).by_name.len(), 2);
    }
}
