//! A quota of each tenant for the operator's log: a rate of lines and of bytes, with a burst.

use flowhost_engine::Limits;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Length of a burst, in seconds of the rate. A tenant that has been silent may use it at once.
const BURST: u64 = 4;

/// Maximum number of tenants with a quota of their own. All others share one.
const MAX_TENANTS: usize = 1_024;

/// Interval between two removals of tenants that have been silent.
const SWEEP: Duration = Duration::from_secs(1);

/// The quotas of all tenants of a host.
pub struct LogQuota {
    rates: Rates,
    tenants: Mutex<TenantTable>,
}

/// The time for one unit at the rate.
struct Rates {
    line: Duration,
    byte: Duration,
}

struct TenantTable {
    by_name: HashMap<String, TenantUsage, foldhash::fast::RandomState>,
    others: TenantUsage,
    swept: Instant,
}

/// The usage of one tenant: the times at which the rate would have allowed all of it. Times in the past mean that the
/// whole burst is available.
#[derive(Clone, Copy)]
struct TenantUsage {
    lines: Instant,
    bytes: Instant,
    dropped: DropCounts,
}

/// The number of dropped lines and warnings of a run or a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DropCounts {
    pub lines: u64,
    pub warnings: u64,
}

impl DropCounts {
    pub fn is_none(self) -> bool {
        self == Self::default()
    }

    fn add(&mut self, other: Self) {
        self.lines = self.lines.saturating_add(other.lines);
        self.warnings = self.warnings.saturating_add(other.warnings);
    }
}

impl LogQuota {
    /// Creates the quotas with the rates of these limits.
    pub fn new(limits: &Limits) -> Self {
        let (rates, now) = (Rates::new(limits), Instant::now());
        let tenants = TenantTable { by_name: HashMap::default(), others: TenantUsage::unused(now), swept: now };
        Self { rates, tenants: Mutex::new(tenants) }
    }

    /// Charges the tenant for the lines of one run, with these lengths in bytes. A necessary report of dropped lines is
    /// charged as one more line.
    ///
    /// Returns how many lines the log accepts, from the first one on, and the counts to report as dropped. Lines beyond
    /// the quota are dropped, and counted until a report is within the quota.
    pub fn charge(
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
        // A panic under the lock can't have left a time partially written.
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        let quota = tenants.usage_of(tenant, now);
        let (mut accepted, mut rejected) = (0, 0);
        for length in lengths {
            if rejected == 0 && self.rates.charge(quota, length, now) {
                accepted += 1;
            } else {
                rejected += 1;
            }
        }
        quota.dropped.add(dropped);
        quota.dropped.add(DropCounts { lines: rejected, warnings: 0 });
        let is_reported = !quota.dropped.is_none() && self.rates.charge(quota, 0, now);
        (accepted, if is_reported { std::mem::take(&mut quota.dropped) } else { DropCounts::default() })
    }
}

impl Rates {
    fn new(limits: &Limits) -> Self {
        let unit = |per_second: usize| Duration::from_secs(1) / u32::try_from(per_second.max(1)).unwrap_or(u32::MAX);
        Self { line: unit(limits.log_lines_per_second), byte: unit(limits.log_bytes_per_second) }
    }

    /// Charges one line of `length` bytes. Returns false if it exceeds the quota.
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
        let mut limits = Limits::default();
        (limits.log_lines_per_second, limits.log_bytes_per_second) = (10, 1_000);
        (LogQuota::new(&limits), Instant::now())
    }

    /// Returns how many lines of these lengths the log accepts, and how many are reported as dropped.
    fn charge(quota: &LogQuota, at: Instant, tenant: &str, lengths: &[usize]) -> (usize, u64) {
        let (accepted, dropped) = quota.charge_at(at, tenant, lengths.iter().copied(), DropCounts::default());
        (accepted, dropped.lines)
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
