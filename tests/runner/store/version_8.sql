-- The tables of version 8 as SQLite had them: with a job that has ended and the message owed for it, one that runs, one
-- that waits, and the values that were used last.
CREATE TABLE attempts (
	job_id INTEGER NOT NULL,
	number INTEGER NOT NULL,
	started_at DATETIME NOT NULL,
	finished_at DATETIME NOT NULL,
	state VARCHAR(16) NOT NULL,
	reason TEXT,
	exit_code INTEGER,
	peak_memory_bytes BIGINT,
	cpu_time FLOAT,
	PRIMARY KEY (job_id, number),
	FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
);
CREATE TABLE clock_steps (
            id INTEGER NOT NULL,
            boot VARCHAR(64) NOT NULL,
            zero DATETIME NOT NULL,
            set_at DATETIME,
            set_by FLOAT,
            PRIMARY KEY (id)
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
	priority INTEGER DEFAULT '0' NOT NULL,
	front BIGINT DEFAULT '0' NOT NULL,
	passed_at DATETIME,
	held_by TEXT,
	held_at DATETIME,
	not_before DATETIME,
	concurrency INTEGER,
	cpus INTEGER DEFAULT '1' NOT NULL,
	memory_bytes BIGINT,
	time_limit FLOAT,
	grantable FLOAT,
	more_time FLOAT,
	warned_at DATETIME,
	retries JSON,
	retry_count INTEGER DEFAULT '0' NOT NULL,
	script_digest VARCHAR(64),
	script_changed BOOLEAN DEFAULT 0 NOT NULL,
	progress JSON,
	peak_memory_bytes BIGINT,
	cpu_time FLOAT,
	executor VARCHAR(32), results_bytes BIGINT, told JSON, time_zone VARCHAR(64), outputs JSON, live_log BOOLEAN DEFAULT 0 NOT NULL,
	UNIQUE (submission)
);
INSERT INTO "jobs" VALUES(5,'view:V5','a.sh','A','{"word": "x"}','[]','U0ADA','T1','ada@example.org','Ada','running',NULL,NULL,'2026-03-04 09:00:00.000000','2026-03-04 09:00:01.000000',NULL,NULL,NULL,NULL,1,'here','2026-03-04 10:00:01.000000',0,0,NULL,NULL,NULL,NULL,NULL,1,NULL,3600.0,7200.0,NULL,NULL,'{"times": 1, "delay_seconds": 60.0, "on": []}',0,'0000000000000000000000000000000000000000000000000000000000000000',0,'{"percent": 40, "status": null, "label": null, "table": null}',NULL,NULL,'local',NULL,NULL,NULL,NULL,0);
INSERT INTO "jobs" VALUES(6,'view:V6','a.sh','A','{"word": "x"}','["~/in.txt"]','U0ADA','T1','ada@example.org','Ada','queued',NULL,NULL,'2026-03-04 09:00:00.000000',NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,1,0,NULL,NULL,NULL,NULL,NULL,2,1000,3600.0,7200.0,NULL,NULL,NULL,0,'0000000000000000000000000000000000000000000000000000000000000000',0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "jobs" VALUES(7,'view:V7','a.sh','A','{"word": "x"}','[]','U0ADA','T1','ada@example.org','Ada','succeeded',NULL,0,'2026-03-04 09:00:00.000000','2026-03-04 09:00:01.000000','2026-03-04 09:01:01.000000','2026-03-11 09:00:00.000000',NULL,NULL,1,'here',NULL,0,0,NULL,NULL,NULL,NULL,NULL,1,NULL,3600.0,7200.0,NULL,NULL,NULL,0,'0000000000000000000000000000000000000000000000000000000000000000',0,NULL,5000000,2.0,'local',NULL,NULL,NULL,NULL,0);
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
	error TEXT, receipt TEXT,
	FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
);
INSERT INTO "notifications" VALUES(7,5,'started','slack','U0ADA','delivered',1,'2026-03-04 09:00:01.000000','2026-03-04 09:00:01.000000','2026-03-04 09:00:01.000000',NULL,NULL);
INSERT INTO "notifications" VALUES(8,7,'started','slack','U0ADA','delivered',1,'2026-03-04 09:00:01.000000','2026-03-04 09:00:01.000000','2026-03-04 09:00:01.000000',NULL,NULL);
INSERT INTO "notifications" VALUES(9,7,'ended','slack','U0ADA','pending',0,'2026-03-04 09:01:01.000000','2026-03-04 09:01:01.000000',NULL,NULL,NULL);
CREATE TABLE pauses (
	id INTEGER NOT NULL,
	reason TEXT NOT NULL,
	paused_by TEXT NOT NULL,
	paused_at DATETIME NOT NULL,
	PRIMARY KEY (id)
);
CREATE TABLE presets (
	user_id VARCHAR(64) NOT NULL,
	script TEXT NOT NULL,
	name VARCHAR(60) NOT NULL,
	arguments JSON NOT NULL,
	saved_at DATETIME NOT NULL,
	PRIMARY KEY (user_id, script, name)
);
INSERT INTO "presets" VALUES('U0ADA','a.sh','','{"word": "x"}','2026-03-04 09:00:00.000000');
CREATE TABLE schema_version (
	version INTEGER NOT NULL
);
INSERT INTO "schema_version" VALUES(8);
CREATE TABLE shortages (
	runner VARCHAR(64) NOT NULL, 
	reason TEXT NOT NULL, 
	since DATETIME NOT NULL, 
	is_told BOOLEAN DEFAULT 0 NOT NULL, 
	PRIMARY KEY (runner)
);
CREATE TABLE turns (
	user_id VARCHAR(64) NOT NULL,
	started_at DATETIME NOT NULL,
	number INTEGER NOT NULL,
	PRIMARY KEY (user_id)
);
INSERT INTO "turns" VALUES('U0ADA','2026-03-04 09:00:01.000000',2);
CREATE INDEX jobs_by_requester ON jobs (user_id, id);
CREATE INDEX jobs_in_line ON jobs (state, user_id, script, front, id, held_at, not_before) WHERE state = 'queued' AND held_at IS NULL AND not_before IS NULL;
CREATE INDEX jobs_by_expiry ON jobs (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX jobs_by_state ON jobs (state, id);
CREATE INDEX jobs_put_off ON jobs (state, not_before) WHERE state = 'queued' AND not_before IS NOT NULL;
CREATE INDEX jobs_by_script ON jobs (script, state, id);
CREATE INDEX turns_by_number ON turns (number);
CREATE INDEX presets_by_age ON presets (saved_at);
CREATE INDEX notifications_of_job ON notifications (job_id, channel, id);
CREATE INDEX notifications_due ON notifications (state, channel, due_at);
CREATE INDEX notifications_in_trouble ON notifications (id) WHERE error IS NOT NULL;
CREATE INDEX notifications_by_recipient ON notifications (channel, recipient, due_at, id, attempts, job_id)
            WHERE state = 'pending';
CREATE INDEX jobs_with_results ON jobs (user_id, results_bytes) WHERE results_bytes > 0;
CREATE INDEX jobs_waiting ON jobs (state, user_id, script) WHERE state = 'queued';
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('jobs',7);
INSERT INTO "sqlite_sequence" VALUES('notifications',11);
