//! The subqueries of pages, and their results.

use super::row;
use flowhost_store::{LookupResult, StoreError};

/// Returns the subquery of a page of Ready records. Its parameters are contact, campaign, the record before the page,
/// and the limit. A negative limit selects the latest records.
pub(super) fn ready_records(first: usize) -> String {
    let (contact, campaign, after, limit) = (first, first + 1, first + 2, first + 3);
    let rows = |condition: &str, order: &str| {
        format!(
            "SELECT r.id, r.scheduled_at, r.schedule_text FROM records AS r WHERE r.tenant = ?1 \
             AND r.contact = (SELECT seq FROM contacts WHERE tenant = ?1 AND id = ?{contact}) \
             AND r.campaign = ?{campaign} AND r.state = 'ready'{condition} ORDER BY r.seq{order}"
        )
    };
    let after_seq = format!(
        "(SELECT p.seq FROM records AS p CROSS JOIN contacts AS pc ON pc.seq = p.contact WHERE p.tenant = ?1 \
         AND p.id = ?{after} AND pc.id = ?{contact} AND p.campaign = ?{campaign})"
    );
    let oldest = rows(&format!(" AND r.seq > iif(?{after} IS NULL, 0, {after_seq})"), "");
    format!(
        "SELECT CASE WHEN ?{limit} < 0 THEN (SELECT json_group_array({ready}) FROM ({latest} LIMIT max(-?{limit}, 0)) AS page) \
         WHEN ?{after} IS NULL OR {after_seq} IS NOT NULL THEN \
         (SELECT json_group_array({ready}) FROM ({oldest} LIMIT max(?{limit}, 0)) AS page) END",
        ready = row::READY,
        latest = rows("", " DESC"),
    )
}

/// Returns the subquery of a page of campaigns. Its parameters are the campaign before the page, the limit, and the
/// category of the campaigns, if `has_category`.
pub(super) fn campaigns(first: usize, has_category: bool) -> String {
    let (after, limit, category) = (first, first + 1, first + 2);
    let of_category = if has_category { format!(" AND k.category = ?{category}") } else { String::new() };
    let page = |condition: &str| {
        format!(
            "SELECT json_group_array(hex(page.id)) FROM (SELECT k.id FROM campaigns AS k WHERE k.tenant = ?1{of_category}\
             {condition} ORDER BY k.name, k.id LIMIT max(?{limit}, 0)) AS page"
        )
    };
    let position = format!("FROM campaigns AS p WHERE p.tenant = ?1 AND p.id = ?{after}");
    let later = page(&format!(" AND (k.name, k.id) > (SELECT p.name, p.id {position})"));
    format!(
        "SELECT CASE WHEN ?{after} IS NULL THEN ({}) WHEN EXISTS (SELECT 1 {position}) THEN ({later}) END",
        page("")
    )
}

/// Parses a page of Ready records, or of campaigns.
pub(super) fn parse(is_of_records: bool, json: &str) -> Result<LookupResult, StoreError> {
    if is_of_records {
        let rows: Vec<row::ReadyRow> = row::parse(json)?;
        return Ok(LookupResult::ReadyRecords(Some(rows.into_iter().map(row::ready_record).collect())));
    }
    let ids: Vec<row::HexId> = row::parse(json)?;
    Ok(LookupResult::CampaignIds(Some(ids.into_iter().map(|id| id.0).collect())))
}
