-- The statement index beside the event log. All of it can be rebuilt from the log (`xueji reindex`),
-- and all of it changes in the transaction that stores the events.

-- Posting lists: which statements a term (lrs/terms.py) is found in. `source` is 0 for a term of the
-- statement itself, else the position of the statement it refers to that the term comes from.
-- A segment is a stretch of positions (lrs/queries.py): new rows go to the newest one only, so that a
-- commit writes few pages however large the record has grown.
CREATE TABLE IF NOT EXISTS statement_terms (
    segment INTEGER NOT NULL,
    term INTEGER NOT NULL,
    position INTEGER NOT NULL,
    source INTEGER NOT NULL,
    PRIMARY KEY (segment, term, position, source)
) WITHOUT ROWID;

-- Which statements refer to a statement by StatementRef; `target` is the term of its id, so that a
-- reference may come before what it refers to.
CREATE TABLE IF NOT EXISTS statement_references (
    target INTEGER NOT NULL,
    position INTEGER NOT NULL,
    voids INTEGER NOT NULL,
    PRIMARY KEY (target, position)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS voided_statements (
    position INTEGER PRIMARY KEY,
    voided_by INTEGER NOT NULL
);

-- One row a commit: event k of it has stored time `stored` + k and position `position` + k.
CREATE TABLE IF NOT EXISTS commits (
    stored INTEGER PRIMARY KEY,
    position INTEGER NOT NULL,
    events INTEGER NOT NULL
);

-- The highest stored time given so far, so that stored times rise strictly whatever the clock does.
CREATE TABLE IF NOT EXISTS record_clock (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    stored INTEGER NOT NULL
);
INSERT OR IGNORE INTO record_clock VALUES (1, 0);

-- What the newest event of each document says of it; a deleted one keeps its row, because the version
-- of its stream goes on. `scope` is what a document is about (lrs/documents.py), without registration.
CREATE TABLE IF NOT EXISTS documents (
    stream TEXT PRIMARY KEY,
    scope TEXT NOT NULL,
    registration TEXT NOT NULL,
    id TEXT NOT NULL,
    updated INTEGER NOT NULL,
    position INTEGER NOT NULL,
    version INTEGER NOT NULL,
    deleted INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS documents_of_scope ON documents (scope, updated);

-- What the newest event of each declaration says of it; a withdrawn one keeps its row. `person` is, of
-- an identity link that holds, the digest of the person (lrs/declarations.py), else empty.
CREATE TABLE IF NOT EXISTS declarations (
    stream TEXT PRIMARY KEY,
    store TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    person TEXT NOT NULL,
    position INTEGER NOT NULL,
    version INTEGER NOT NULL,
    deleted INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS declarations_of_kind ON declarations (kind, store);
CREATE INDEX IF NOT EXISTS declarations_of_person ON declarations (store, person)
    WHERE person <> '';

-- Activities by store and id, with their definitions merged from all statements; `latest` is the
-- fingerprint of the one merged last (lrs/definitions.py).
CREATE TABLE IF NOT EXISTS activities (
    name TEXT PRIMARY KEY,
    definition BLOB NOT NULL,
    latest INTEGER NOT NULL
);

CREATE TABLE IF NOT EXISTS credentials (
    key TEXT PRIMARY KEY,
    secret_hash BLOB NOT NULL,
    store TEXT NOT NULL,
    app TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created INTEGER NOT NULL,
    revoked INTEGER,
    -- The secret before the last rotation still proves until `former_until`.
    former_hash BLOB,
    former_until INTEGER,
    rate REAL,
    profile_check TEXT,
    -- Whose app it is, and what people call it, for the register of apps.
    vendor TEXT NOT NULL,
    title TEXT NOT NULL,
    holder TEXT -- JSON: the role and whose records are the holder's own (lrs/holders.py)
);

-- How often apps ask and are refused (lrs/request_counts.py): status 0 stands for all requests.
-- `hour` is in hours, `last` in seconds since 1970 UTC.
CREATE TABLE IF NOT EXISTS request_counts (
    store TEXT NOT NULL,
    app TEXT NOT NULL,
    hour INTEGER NOT NULL,
    status INTEGER NOT NULL,
    rule TEXT NOT NULL,
    requests INTEGER NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (store, app, hour, status, rule)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS request_counts_hour ON request_counts (hour);

-- The xAPI Profiles that a store's statements are held against (lrs/profiles/), and whether they are.
-- `key` is a hash of the version's id, which may be longer than an index takes.
CREATE TABLE IF NOT EXISTS profiles (
    store TEXT NOT NULL,
    key TEXT NOT NULL,
    version TEXT NOT NULL,
    digest TEXT NOT NULL,
    document BLOB NOT NULL,
    added INTEGER NOT NULL,
    PRIMARY KEY (store, key)
);

CREATE TABLE IF NOT EXISTS profile_modes (
    store TEXT PRIMARY KEY,
    mode TEXT NOT NULL
);

-- How often which rule was not followed, by which credential; `finding` is a hash of what is counted
-- together. Counts change in the transaction that stores the statements.
CREATE TABLE IF NOT EXISTS profile_findings (
    store TEXT NOT NULL,
    finding TEXT NOT NULL,
    credential TEXT NOT NULL,
    app TEXT NOT NULL,
    profile TEXT NOT NULL,
    part TEXT NOT NULL,
    location TEXT NOT NULL,
    selector TEXT NOT NULL,
    kind TEXT NOT NULL,
    severity TEXT NOT NULL,
    counted INTEGER NOT NULL,
    first_statement TEXT NOT NULL,
    first_stored INTEGER NOT NULL,
    last_statement TEXT NOT NULL,
    last_stored INTEGER NOT NULL,
    PRIMARY KEY (store, finding)
);
