-- Lets a role that replays see one tape more; once this has run for any role,
-- hark_replay sees none but those that its members are given.  As the owner of
-- the tables, behind roles.sql:
--
--	psql -d DATABASE -v ON_ERROR_STOP=1 -v role=ci -v tape=default \
--		-f tape.sql
--
-- Members of hark_record see all.

CREATE TABLE IF NOT EXISTS hark_grant (role NAME NOT NULL, tape BYTEA NOT NULL,
	PRIMARY KEY (role, tape));
GRANT SELECT ON hark_grant TO PUBLIC;
INSERT INTO hark_grant (role, tape)
	VALUES (:'role', convert_to(:'tape', 'UTF8')) ON CONFLICT DO NOTHING;

BEGIN;
ALTER TABLE hark_tape ENABLE ROW LEVEL SECURITY;
ALTER TABLE hark_entry ENABLE ROW LEVEL SECURITY;
ALTER TABLE hark_body ENABLE ROW LEVEL SECURITY;
ALTER TABLE hark_part ENABLE ROW LEVEL SECURITY;
ALTER TABLE hark_change ENABLE ROW LEVEL SECURITY;
ALTER TABLE hark_cursor ENABLE ROW LEVEL SECURITY;

DROP POLICY IF EXISTS hark_record ON hark_tape;
DROP POLICY IF EXISTS hark_record ON hark_entry;
DROP POLICY IF EXISTS hark_record ON hark_body;
DROP POLICY IF EXISTS hark_record ON hark_part;
DROP POLICY IF EXISTS hark_record ON hark_change;
DROP POLICY IF EXISTS hark_record ON hark_cursor;
CREATE POLICY hark_record ON hark_tape TO hark_record USING (true);
CREATE POLICY hark_record ON hark_entry TO hark_record USING (true);
CREATE POLICY hark_record ON hark_body TO hark_record USING (true);
CREATE POLICY hark_record ON hark_part TO hark_record USING (true);
CREATE POLICY hark_record ON hark_change TO hark_record USING (true);
CREATE POLICY hark_record ON hark_cursor TO hark_record USING (true);

-- Each but the first sees no more than what the policies before it leave.
DROP POLICY IF EXISTS hark_replay ON hark_tape;
DROP POLICY IF EXISTS hark_replay ON hark_entry;
DROP POLICY IF EXISTS hark_replay ON hark_body;
DROP POLICY IF EXISTS hark_replay ON hark_part;
DROP POLICY IF EXISTS hark_replay ON hark_change;
DROP POLICY IF EXISTS hark_replay ON hark_cursor;
CREATE POLICY hark_replay ON hark_tape FOR SELECT TO hark_replay USING (
	EXISTS (SELECT 1 FROM hark_grant AS g WHERE g.tape = hark_tape.name
		AND g.role = current_user));
CREATE POLICY hark_replay ON hark_entry FOR SELECT TO hark_replay USING (
	EXISTS (SELECT 1 FROM hark_tape AS t WHERE t.id = hark_entry.tape));
CREATE POLICY hark_replay ON hark_body FOR SELECT TO hark_replay USING (
	EXISTS (SELECT 1 FROM hark_entry AS e
		WHERE e.request_body = hark_body.id) OR
	EXISTS (SELECT 1 FROM hark_entry AS e
		WHERE e.response_body = hark_body.id));
CREATE POLICY hark_replay ON hark_part FOR SELECT TO hark_replay USING (
	EXISTS (SELECT 1 FROM hark_body AS b
		WHERE b.parts = hark_part.parts));
CREATE POLICY hark_replay ON hark_change FOR SELECT TO hark_replay USING (
	EXISTS (SELECT 1 FROM hark_tape AS t WHERE t.id = hark_change.tape));
CREATE POLICY hark_replay ON hark_cursor TO hark_replay USING (
	EXISTS (SELECT 1 FROM hark_tape AS t WHERE t.id = hark_cursor.tape));
COMMIT;
