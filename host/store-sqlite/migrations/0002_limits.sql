-- The stored bytes of each tenant that count against its quota. The numbers equal those in the code of the store, which
-- updates the count in the transaction of each change.

CREATE TABLE usage (
  tenant TEXT NOT NULL PRIMARY KEY,
  bytes  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO usage (tenant, bytes)
SELECT tenant, sum(bytes) FROM (
  SELECT tenant, 256 + octet_length(name) + 2 * octet_length(addresses) + 4 * (coalesce(octet_length(correlator_1), 0)
    + coalesce(octet_length(correlator_2), 0) + coalesce(octet_length(correlator_3), 0)) AS bytes FROM contacts
  UNION ALL
  SELECT tenant, 192 + octet_length(scope) + octet_length(by) + coalesce(octet_length(reason), 0) FROM dnd
  UNION ALL
  SELECT tenant, 256 + octet_length(data) + coalesce(octet_length(schedule_text), 0)
    + coalesce(octet_length(message), 0) + coalesce(octet_length(template), 0) FROM records
  UNION ALL
  SELECT tenant, 96 + coalesce(octet_length(note), 0) FROM record_log
  UNION ALL
  SELECT tenant, 192 + octet_length(key) + octet_length(outcome) FROM keys
) GROUP BY tenant;

-- Expired keys of all tenants are deleted together.
DROP INDEX keys_by_expiry;
CREATE INDEX keys_by_expiry ON keys (expires_at);
