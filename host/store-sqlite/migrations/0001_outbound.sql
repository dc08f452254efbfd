-- What every tenant owns. The tenant is the first column of every key. Numbers of rows (`seq`) are given in order of
-- creation and never reused; they stay inside this file and mean nothing outside it.
-- Foreign keys stand where an index makes their check a look-up from both ends.
-- Instants are microseconds since 1970, UTC; ids are the 16 bytes of a UUID.

CREATE TABLE tenants (
  id                TEXT NOT NULL PRIMARY KEY,
  -- Of the tenant and all its campaigns together.
  version           INTEGER NOT NULL,
  name              TEXT NOT NULL,
  time_zone         TEXT NOT NULL,
  phone_region      TEXT NOT NULL,
  default_intention TEXT NOT NULL,
  -- JSON: [[name, is its identifier a phone number, can it send], ...]
  channels          TEXT NOT NULL,
  quota_campaigns   INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE campaigns (
  tenant         TEXT NOT NULL REFERENCES tenants (id),
  id             BLOB NOT NULL,
  name           TEXT NOT NULL,
  kind           TEXT NOT NULL,
  mode           TEXT NOT NULL,
  category       TEXT NOT NULL,
  -- At most one of these: the last day, or the last instant.
  valid_day      TEXT,
  valid_until    INTEGER,
  validity_hours INTEGER NOT NULL,
  intention      TEXT NOT NULL,
  starts_at      INTEGER,
  ends_at        INTEGER,
  grace_minutes  INTEGER NOT NULL,
  PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX campaigns_by_name ON campaigns (tenant, name, id);
CREATE INDEX campaigns_by_category ON campaigns (tenant, category);

CREATE TABLE contacts (
  seq          INTEGER PRIMARY KEY,
  tenant       TEXT NOT NULL REFERENCES tenants (id),
  id           BLOB NOT NULL,
  -- Changes with the contact, its addresses, DND entries and records.
  version      INTEGER NOT NULL,
  name         TEXT NOT NULL,
  correlator_1 TEXT,
  correlator_2 TEXT,
  correlator_3 TEXT,
  -- JSON: [[channel, identifier, what was typed], ...] in order of channels. Table addresses finds a contact by one.
  addresses    TEXT NOT NULL,
  created_at   INTEGER NOT NULL,
  updated_at   INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX contacts_by_id ON contacts (tenant, id);
CREATE UNIQUE INDEX contacts_in_order ON contacts (tenant, seq);

CREATE TABLE addresses (
  tenant     TEXT NOT NULL,
  channel    TEXT NOT NULL,
  identifier TEXT NOT NULL,
  contact    INTEGER NOT NULL,
  PRIMARY KEY (tenant, channel, identifier)
) STRICT, WITHOUT ROWID;

-- A row for each correlator and channel of a contact, and one for the correlator with no channel (''), so that the oldest
-- linked contact in a channel is one look-up away however many share the value.
CREATE TABLE links (
  tenant  TEXT NOT NULL,
  slot    INTEGER NOT NULL,
  value   TEXT NOT NULL,
  channel TEXT NOT NULL,
  contact INTEGER NOT NULL,
  PRIMARY KEY (tenant, slot, value, channel, contact)
) STRICT, WITHOUT ROWID;

CREATE TABLE dnd (
  tenant   TEXT NOT NULL,
  contact  INTEGER NOT NULL,
  -- 0: scope is a campaign's id. 1: scope is a category.
  kind     INTEGER NOT NULL,
  scope    ANY NOT NULL,
  -- Of a campaign's entry: the category that the campaign had then.
  category TEXT NOT NULL,
  at       INTEGER NOT NULL,
  by       TEXT NOT NULL,
  reason   TEXT,
  PRIMARY KEY (tenant, contact, kind, scope),
  FOREIGN KEY (tenant, contact) REFERENCES contacts (tenant, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE records (
  seq           INTEGER PRIMARY KEY,
  tenant        TEXT NOT NULL REFERENCES tenants (id),
  id            BLOB NOT NULL,
  campaign      BLOB NOT NULL,
  contact       INTEGER NOT NULL,
  state         TEXT NOT NULL,
  internal      INTEGER NOT NULL,
  depth         INTEGER NOT NULL,
  scheduled_at  INTEGER,
  schedule_text TEXT,
  message       TEXT,
  template      TEXT,
  data          TEXT NOT NULL,
  run           INTEGER NOT NULL,
  -- How many entries its log has.
  entries       INTEGER NOT NULL,
  created_at    INTEGER NOT NULL,
  updated_at    INTEGER NOT NULL,
  FOREIGN KEY (tenant, contact) REFERENCES contacts (tenant, seq)
) STRICT;
CREATE UNIQUE INDEX records_by_id ON records (tenant, id);
CREATE UNIQUE INDEX records_in_order ON records (tenant, seq);
CREATE INDEX records_of_contact ON records (tenant, contact, seq);
CREATE INDEX records_of_campaign ON records (tenant, campaign, seq);
CREATE INDEX records_ready ON records (tenant, contact, campaign, seq) WHERE state = 'ready';

CREATE TABLE record_log (
  tenant     TEXT NOT NULL,
  record     INTEGER NOT NULL,
  -- From 1.
  entry      INTEGER NOT NULL,
  run        INTEGER NOT NULL,
  at         INTEGER NOT NULL,
  -- NULL: it was created.
  from_state TEXT,
  to_state   TEXT NOT NULL,
  note       TEXT,
  PRIMARY KEY (tenant, record, entry),
  FOREIGN KEY (tenant, record) REFERENCES records (tenant, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE keys (
  tenant     TEXT NOT NULL,
  key        TEXT NOT NULL,
  digest     BLOB NOT NULL,
  outcome    TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (tenant, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX keys_by_expiry ON keys (tenant, expires_at);
