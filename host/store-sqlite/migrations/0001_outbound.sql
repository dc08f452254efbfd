-- The data of all tenants. The tenant is the first column of every key. Row numbers (`seq`) follow the order of
-- creation and are never reused. They have no meaning outside of this file.
-- A foreign key exists where an index covers its check from both sides.
-- Timestamps are microseconds since 1970, UTC. Ids are the 16 bytes of a UUID.

CREATE TABLE tenants (
  id                TEXT NOT NULL PRIMARY KEY,
  -- The version of the tenant and all its campaigns.
  version           INTEGER NOT NULL,
  name              TEXT NOT NULL,
  time_zone         TEXT NOT NULL,
  phone_region      TEXT NOT NULL,
  default_intention TEXT NOT NULL,
  -- JSON: [[name, is the identifier a phone number, can the channel send], ...]
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
  -- At most one of these is set: the last day, or the last timestamp.
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
  -- Increases with every change to the contact, its addresses, DND entries and records.
  version      INTEGER NOT NULL,
  name         TEXT NOT NULL,
  correlator_1 TEXT,
  correlator_2 TEXT,
  correlator_3 TEXT,
  -- JSON: [[channel, identifier, typed text], ...] ordered by channel. The table addresses finds a contact by address.
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

-- One row for each pair of a correlator and a channel of a contact, and one with an empty channel for each correlator.
-- The oldest linked contact in a channel is therefore one look-up away.
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
  -- 0: scope is the id of a campaign. 1: scope is a category.
  kind     INTEGER NOT NULL,
  scope    ANY NOT NULL,
  -- For an entry of a campaign: the category of the campaign at that time.
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
  -- The number of entries in the log.
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
  -- NULL: the entry is about the creation of the record.
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
