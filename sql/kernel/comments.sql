-- Meaning: what each table is for, as psql and the data dictionary show it.
-- Grain: one statement a table. Units: none.
-- Reader: analysts, docs/data-dictionary.md.
COMMENT ON TABLE tenants IS
    'A company that uses this copy; everything else belongs to one. Grain: one row a tenant. Units: settings are '
    'JSON, instants UTC.';
COMMENT ON TABLE users IS 'A person, whoever employs him or her. Grain: one row a person. Units: instants UTC.';
COMMENT ON TABLE role_assignments IS
    'Which role a person holds in a tenant, and from when to when. Grain: one row a person, tenant, role and begin. '
    'Units: instants UTC.';
COMMENT ON TABLE suspensions IS
    'People whom a tenant has shut out for now. Grain: one row a person and tenant. Units: instants UTC.';
COMMENT ON TABLE sign_ins IS
    'Sign-ins that were begun with an identity provider and are not finished. Grain: one row a sign-in, until it is '
    'used or expires. Units: instants UTC.';
COMMENT ON TABLE login_sessions IS
    'Browser and phone sessions, by the hash of their secret. Grain: one row a session. Units: instants UTC.';
COMMENT ON TABLE api_keys IS
    'Keys of services, by salted hash, with scopes and end. Grain: one row a key. Units: instants UTC.';
COMMENT ON TABLE events IS
    'The ledger: what was done, by whom, to what. Grain: one row an event; seq is the order of writing. Units: '
    'instants UTC.';
COMMENT ON TABLE audit_gaps IS
    'Events that could not be written when they happened, kept until they are. Grain: one row an event. Units: '
    'instants UTC.';
COMMENT ON TABLE seals IS
    'Seals over the ledger: a Merkle root, chained to the one before and signed. Grain: one row a seal and tenant. '
    'Units: size in leaves, instants UTC.';
COMMENT ON TABLE seal_leaves IS
    'Which ledger row lies in which seal, with its hash. Grain: one row a sealed event. Units: leaf_index counts '
    'from 0.';
COMMENT ON TABLE signing_keys IS
    'Public halves of the platform''s keys. Grain: one row a key. Units: public_key is 32 bytes.';
COMMENT ON TABLE proposals IS
    'What was laid before people, with the content whose hash is signed. Grain: one row a proposal. Units: severity '
    '0 routine to 3 critical, instants UTC.';
COMMENT ON TABLE countersignatures IS
    'What a person decided about a proposal, signed. Grain: one row a decision. Units: signature is 64 bytes, '
    'instants UTC.';
COMMENT ON TABLE delegations IS
    'A role that one person has lent another, countersigned. Grain: one row a delegation. Units: instants UTC.';
COMMENT ON TABLE standing_orders IS
    'A routine act that people have allowed beforehand, with scope, limit and end. Grain: one row an order. Units: '
    'times_per_day is a count, instants UTC.';
COMMENT ON TABLE standing_order_uses IS
    'Each act that was done under a standing order. Grain: one row an act. Units: instants UTC.';
COMMENT ON TABLE fulfilments IS
    'How the carrying out of a countersignature stands. Grain: one row a countersignature that is or was carried '
    'out. Units: instants UTC.';
COMMENT ON TABLE artifacts IS
    'Immutable files by their hash, with what they were made from. Grain: one row a file. Units: size_bytes, '
    'instants UTC.';
COMMENT ON TABLE named_locks IS
    'Who holds a named lock, and until when. Grain: one row a lock and tenant. Units: instants UTC.';
COMMENT ON TABLE idempotency_keys IS
    'Answers to requests that carried an Idempotency-Key. Grain: one row a caller and key. Units: instants UTC.';
COMMENT ON TABLE rate_limits IS
    'Requests counted for the limits, shared by all processes. Grain: one row a bucket and window. Units: hits is a '
    'count.';
COMMENT ON TABLE lineage_outbox IS
    'What the API made and Dagster is to be told of. Grain: one row an entry, until it was sent. Units: instants '
    'UTC.';
COMMENT ON TABLE messages IS
    'What a person is to be told, without content that he or she may not read. Grain: one row a message. Units: '
    'instants UTC.';
COMMENT ON TABLE message_channels IS
    'Where a person wants to be told: e-mail, webhook, chat. Grain: one row a channel. Units: digest_minutes, '
    'instants UTC.';
COMMENT ON TABLE message_deliveries IS
    'How each message fared on each channel. Grain: one row a message and channel. Units: instants UTC.';
COMMENT ON TABLE retention_disposals IS
    'What was archived and removed, with the hash of its rows. Grain: one row a piece of a subject. Units: rows is '
    'a count, instants UTC.';
COMMENT ON TABLE advice_rulesets IS
    'Rules of signals and suggestions as they were adopted, countersigned. Grain: one row a room and version. '
    'Units: instants UTC.';
COMMENT ON TABLE signals IS
    'Something that a rule has noticed about a subject, from opening to closing. Grain: one row an episode. Units: '
    'instants UTC.';
COMMENT ON TABLE signal_evaluations IS
    'Each judgement of a rule, with its figures. Grain: one row a subject, rule and day. Units: value, low and high '
    'between 0 and 1, k of n.';
COMMENT ON TABLE suggestions IS 'Advice that follows from a signal. Grain: one row a suggestion. Units: instants UTC.';
COMMENT ON TABLE suggestion_decisions IS
    'Whether a suggestion was accepted or dismissed, and why. Grain: one row a decided suggestion. Units: instants '
    'UTC.';
COMMENT ON TABLE work_items IS
    'Work that an accepted suggestion led to, and what was found. Grain: one row a work item. Units: instants UTC.';
