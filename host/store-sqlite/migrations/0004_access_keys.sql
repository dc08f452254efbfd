-- The access keys of the HTTP service. The hash is that of the whole text of a key; the text is not stored.

CREATE TABLE api_keys (
  id           TEXT NOT NULL PRIMARY KEY,
  tenant       TEXT,
  name         TEXT NOT NULL,
  role         TEXT NOT NULL,
  campaigns    TEXT,
  rate_limit   INTEGER,
  hash         BLOB NOT NULL,
  created_at   INTEGER NOT NULL,
  created_by   TEXT NOT NULL,
  expires_at   INTEGER,
  revoked_at   INTEGER,
  last_used_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX api_keys_by_tenant ON api_keys (tenant, id);
