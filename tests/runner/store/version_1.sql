-- The tables of version 1 as SQLite had them, with a job and a message that is owed for it.
CREATE TABLE schema_version (
	version INTEGER NOT NULL
);
CREATE TABLE jobs (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	submission VARCHAR(255) NOT NULL,
	script TEXT NOT NULL,
	title TEXT NOT NULL,
	arguments JSON NOT NULL,
	inputs JSON NOT NULL,
	user_id VARCHAR(64) NOT NULL,
	team_id VARCHAR(64) NOT NULL,
	email TEXT NOT NULL,
	name TEXT NOT NULL,
	state VARCHAR(16) NOT NULL,
	reason TEXT,
	exit_code INTEGER,
	requested_at DATETIME NOT NULL,
	started_at DATETIME,
	finished_at DATETIME,
	expires_at DATETIME,
	cancel_requested_at DATETIME,
	cancel_requested_by TEXT,
	attempt INTEGER NOT NULL,
	runner TEXT,
	lease_until DATETIME,
	UNIQUE (submission)
);
CREATE INDEX jobs_by_requester ON jobs (user_id, id);
CREATE INDEX jobs_by_state ON jobs (state, id);
CREATE TABLE notifications (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	job_id INTEGER NOT NULL,
	event VARCHAR(16) NOT NULL,
	channel VARCHAR(32) NOT NULL,
	recipient TEXT NOT NULL,
	state VARCHAR(16) NOT NULL,
	attempts INTEGER NOT NULL,
	created_at DATETIME NOT NULL,
	due_at DATETIME NOT NULL,
	settled_at DATETIME,
	error TEXT,
	FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
);
CREATE INDEX notifications_due ON notifications (state, channel, due_at);
CREATE INDEX notifications_of_job ON notifications (job_id, channel, id);
INSERT INTO schema_version VALUES (1);
INSERT INTO jobs VALUES (
    7, 'view:V1', 'a.sh', 'A', '{"word": "x"}', '[]', 'U0ADA', 'T1', 'ada@example.org', 'Ada', 'succeeded', NULL, 0,
    '2026-03-04 09:00:00.000000', '2026-03-04 09:00:01.000000', '2026-03-04 09:01:01.000000',
    '2026-03-11 09:01:01.000000', NULL, NULL, 1, 'here', NULL
);
INSERT INTO notifications VALUES (
    9, 7, 'ended', 'slack', 'U0ADA', 'pending', 0, '2026-03-04 09:01:01.000000', '2026-03-04 09:01:01.000000', NULL, NULL
);
