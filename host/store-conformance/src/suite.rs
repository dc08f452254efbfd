//! The list of all cases, and the macros that use it.

/// Makes a `#[tokio::test]` of each case, for a type that implements [`StoreUnderTest`](crate::StoreUnderTest).
///
/// The tests of a module of cases are in a module with the same name. The macro can be invoked once in a module.
#[macro_export]
macro_rules! conformance_suite {
    ($store:ty) => {
        type StoreOfTheSuite = $store;
        $crate::for_all_cases!(test);
    };
}

/// Expands [`expand_cases!`] with the list of all cases. The argument selects the expansion.
#[doc(hidden)]
#[macro_export]
macro_rules! for_all_cases {
    ($expansion:ident) => {
        $crate::expand_cases! {
            $expansion
            access_keys [
                a_key_is_read_back_as_it_was_created,
                keys_are_listed_by_owner_in_pages,
                a_key_is_revoked_once_and_by_its_owner,
                the_last_use_of_many_keys_is_stored,
            ]
            store_contract [
                a_tenant_is_read_with_its_version,
                an_unknown_tenant_has_nothing,
                a_batch_is_applied_in_its_order,
                a_commit_is_all_or_nothing,
                a_changed_contact_causes_a_conflict,
                a_created_contact_causes_a_conflict,
                a_changed_configuration_causes_a_conflict,
                every_change_gives_its_contact_one_new_version,
                changes_to_missing_rows_conflict,
                a_missing_tenant_accepts_no_changes,
                one_read_answers_everything_in_order,
                hostile_texts_are_stored_unchanged,
                data_of_another_tenant_is_invisible,
                timestamps_are_stored_in_microseconds,
            ]
            contacts [
                a_contact_is_read_back_as_it_was_written,
                an_address_finds_its_contact,
                an_address_belongs_to_one_contact,
                an_update_keeps_addresses_and_adds_new_ones,
                a_second_address_in_a_channel_conflicts,
                dnd_entries_are_added_and_removed,
                a_campaigns_entry_has_the_category_that_the_campaign_has_now,
                linked_is_the_oldest_in_the_channel,
                a_link_follows_its_correlator,
            ]
            records [
                the_newest_ready_record_is_the_last_created,
                ready_records_are_paged_oldest_first,
                the_latest_ready_records_come_newest_first,
                a_replaced_record_keeps_id_creation_and_run,
                only_a_ready_record_of_the_same_contact_is_replaced,
                a_transition_happens_once_and_is_logged,
                a_record_that_is_ready_again_has_a_new_run,
                one_commit_may_hold_many_changes,
            ]
            listing [
                tenants_and_campaigns_are_in_order,
                campaigns_are_paged_in_order_of_their_names,
                contacts_are_in_order_of_creation,
                contacts_are_filtered,
                records_are_filtered,
                dnd_entries_are_filtered,
                pages_form_the_whole_list,
                an_unknown_cursor_ends_the_list,
                a_list_continues_after_a_removed_row,
                a_category_may_be_spelled_as_a_campaign,
                two_tenants_may_have_one_campaign_id,
                a_list_continues_across_tenants,
            ]
            transaction [
                prefetched_data_needs_no_round_trip,
                a_cached_tenant_is_not_read_again,
                a_new_contact_is_seen_before_it_is_committed,
                a_changed_contact_is_committed_as_its_changes,
                a_commit_contains_the_whole_read_set,
                without_changes_the_read_set_is_empty,
                two_versions_of_a_contact_conflict_at_once,
                two_versions_of_the_configuration_conflict_at_once,
                reads_of_several_round_trips_are_validated,
                own_records_are_the_newest,
                cancelled_records_are_not_ready,
                own_records_come_last_in_a_page,
                a_page_begins_after_an_own_record,
                a_record_is_created_and_cancelled_in_one_commit,
                a_replaced_record_is_seen_and_committed,
                a_record_of_an_unread_contact_is_validated,
                linked_reads_both_contacts,
                a_failed_round_trip_leaves_the_transaction_unchanged,
            ]
            idempotency_keys [
                a_key_is_taken_until_it_expires,
                key_expiry_uses_the_store_clock,
                a_clock_that_jumps_ahead_and_back_expires_no_key,
                a_clock_that_was_behind_expires_no_key,
                a_clock_that_stays_ahead_expires_keys,
                the_longest_lifetime_of_a_key_is_accepted,
                expired_keys_of_others_are_deleted,
                a_duplicate_key_takes_precedence_over_a_conflict,
                the_first_of_a_batch_stores_the_key,
            ]
            quota [
                a_commit_beyond_the_quota_leaves_no_trace,
                a_batch_is_rejected_from_the_quota_on,
                changes_that_add_nothing_ignore_the_quota,
                replaced_and_removed_bytes_are_not_counted,
                quotas_are_per_tenant,
            ]
            concurrent [
                one_of_64_concurrent_creations_succeeds,
                one_of_64_writers_creates_the_ready_record,
                one_of_64_commits_with_one_key_succeeds,
                reads_see_whole_commits,
                dropped_reads_leave_no_transaction_open,
                dropped_commits_are_atomic,
            ]
            second_handle [
                a_second_handle_reads_committed_data,
                a_second_handle_reads_the_new_configuration,
                a_change_through_a_second_handle_causes_a_conflict,
                two_handles_share_idempotency_keys,
                two_concurrent_handles_lose_nothing,
                a_closed_handle_stays_usable,
            ]
        }
    };
}

/// Exports or tests the listed cases.
#[doc(hidden)]
#[macro_export]
macro_rules! expand_cases {
    (export $($module:ident [$($case:ident,)*])*) => {
        $(pub use $module::{$($case),*};)*
    };
    (test $($module:ident [$($case:ident,)*])*) => {
        $(
            mod $module {
                $(
                    #[tokio::test]
                    async fn $case() {
                        let fixture = $crate::Fixture::create::<super::StoreOfTheSuite>().await;
                        $crate::cases::$case(&fixture).await;
                        fixture.assert_consistent().await;
                    }
                )*
            }
        )*
    };
}
