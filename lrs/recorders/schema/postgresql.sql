-- The statement index beside the event log. All of it can be rebuilt from the log (`xueji reindex`),
-- and all of it changes in the transaction that stores the events.

-- Posting lists: which statements a term (lrs/terms.py) is found in. `source` is 0 for a term of the
-- statement itself, else the position of the statement it refers to that the term comes from.
-- A segment is a stretch of positions (lrs/queries.py): new rows go to the newest one only, so that a
-- commit writes few pages however large the record has grown.
CREATE TABLE IF NOT EXISTS statement_terms (
    segment bigint NOT NULL,
    term bigint NOT NULL,
    position bigint NOT NULL,
    source bigint NOT NULL,
    PRIMARY KEY (segment, term, position, source)
);

-- Which statements refer to a statement by StatementRef; `target` is the term of its id, so that a
-- reference may come before what it refers to.
CREATE TABLE IF NOT EXISTS statement_references (
    target bigint NOT NULL,
    position bigint NOT NULL,
    voids integer NOT NULL,
    PRIMARY KEY (target, position)
);

CREATE TABLE IF NOT EXISTS voided_statements (
    position bigint PRIMARY KEY,
    voided_by bigint NOT NULL
);

-- One row a commit: event k of it has stored time `stored` + k and position `position` + k.
CREATE TABLE IF NOT EXISTS commits (
    stored bigint PRIMARY KEY,
    position bigint NOT NULL,
    events bigint NOT NULL
);

-- The highest stored time given so far, so that stored times rise strictly whatever the clock does.
CREATE TABLE IF NOT EXISTS record_clock (
    only_row integer PRIMARY KEY CHECK (only_row = 1),
    stored bigint NOT NULL
);
INSERT INTO record_clock VALUES (1, 0) ON CONFLICT DO NOTHING;

-- What the newest event of each document says of it; a deleted one keeps its row, because the version
-- of its stream goes on. `scope` is what a document is about (lrs/documents.py), without registration.
CREATE TABLE IF NOT EXISTS documents (
    stream text PRIMARY KEY,
    scope text NOT NULL,
    registration text NOT NULL,
    id text NOT NULL,
    updated bigint NOT NULL,
    position bigint NOT NULL,
    version bigint NOT NULL,
    deleted bigint NOT NULL
);
CREATE INDEX IF NOT EXISTS documents_of_scope ON documents (scope, updated);

-- What the newest event of each declaration says of it; a withdrawn one keeps its row. `person` is, of
-- an identity link that holds, the digest of the person (lrs/declarations.py), else empty.
CREATE TABLE IF NOT EXISTS declarations (
    stream text PRIMARY KEY,
    store text NOT NULL,
    kind text NOT NULL,
    id text NOT NULL,
    person text NOT NULL,
    position bigint NOT NULL,
    version bigint NOT NULL,
    deleted bigint NOT NULL
);
CREATE INDEX IF NOT EXISTS declarations_of_kind ON declarations (kind, store);
CREATE INDEX IF NOT EXISTS declarations_of_person ON declarations (store, person)
    WHERE person <> '';

-- Activities by store and id, with their definitions merged from all statements; `latest` is the
-- fingerprint of the one merged last (lrs/definitions.py).
CREATE TABLE IF NOT EXISTS activities (
    name text PRIMARY KEY,
    definition bytea NOT NULL,
    latest bigint NOT NULL
);

CREATE TABLE IF NOT EXISTS credentials (
    key text PRIMARY KEY,
    secret_hash bytea NOT NULL,
    store text NOT NULL,
    app text NOT NULL,
    scopes text NOT NULL,
    created bigint NOT NULL,
    revoked bigint,
    -- The secret before the last rotation still proves until `former_until`.
    former_hash bytea,
    former_until bigint,
    rate double precision,
    profile_check text,
    -- Whose app it is, and what people call it, for the register of apps.
    vendor text NOT NULL,
    title text NOT NULL,
    holder text -- JSON: the role and whose records are the holder's own (lrs/holders.py)
);

-- How often apps ask and are refused (lrs/request_counts.py): status 0 stands for all requests.
-- `hour` is in hours, `last` in seconds since 1970 UTC.
CREATE TABLE IF NOT EXISTS request_counts (
    store text NOT NULL,
    app text NOT NULL,
    hour bigint NOT NULL,
    status bigint NOT NULL,
    rule text NOT NULL,
    requests bigint NOT NULL,
    last bigint NOT NULL,
    PRIMARY KEY (store, app, hour, status, rule)
);
CREATE INDEX IF NOT EXISTS request_counts_hour ON request_counts (hour);

-- The xAPI Profiles that a store's statements are held against (lrs/profiles/), and whether they are.
-- `key` is a hash of the version's id, which may be longer than an index takes.
CREATE TABLE IF NOT EXISTS profiles (
    store text NOT NULL,
    key text NOT NULL,
    version text NOT NULL,
    digest text NOT NULL,
    document bytea NOT NULL,
    added bigint NOT NULL,
    PRIMARY KEY (store, key)
);

CREATE TABLE IF NOT EXISTS profile_modes (
    store text PRIMARY KEY,
    mode text NOT NULL
);

-- How often which rule was not followed, by which credential; `finding` is a hash of what is counted
-- together. Counts change in the transaction that stores the statements.
CREATE TABLE IF NOT EXISTS profile_findings (
    store text NOT NULL,
    finding text NOT NULL,
    credential text NOT NULL,
    app text NOT NULL,
    profile text NOT NULL,
    part text NOT NULL,
    location text NOT NULL,
    selector text NOT NULL,
    kind text NOT NULL,
    severity text NOT NULL,
    counted bigint NOT NULL,
    first_statement text NOT NULL,
    first_stored bigint NOT NULL,
    last_statement text NOT NULL,
    last_stored bigint NOT NULL,
    PRIMARY KEY (store, finding)
);
