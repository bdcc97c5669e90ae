-- Who may do what with a shared store of hark.  Run it once in the database,
-- as the owner of the tables, which the first recording made:
--
--	psql -d DATABASE -v ON_ERROR_STOP=1 -f roles.sql
--	CREATE ROLE ci LOGIN PASSWORD '...' IN ROLE hark_replay;
--
-- hark_replay reads: replay, list, show, cat, export, diff.
-- hark_record writes, too: record, import, edit, rm, prune, reindex.
-- Neither makes tables: after an update of hark its owner records, imports or
-- reindexes first, and runs this again.

SELECT 'CREATE ROLE hark_replay NOLOGIN' WHERE NOT EXISTS (
	SELECT 1 FROM pg_roles WHERE rolname = 'hark_replay') \gexec
SELECT 'CREATE ROLE hark_record NOLOGIN' WHERE NOT EXISTS (
	SELECT 1 FROM pg_roles WHERE rolname = 'hark_record') \gexec

GRANT SELECT ON hark_schema, hark_state, hark_tape, hark_entry, hark_body,
	hark_part, hark_change TO hark_replay;
-- With --cursors shared.
GRANT SELECT, INSERT, UPDATE, DELETE ON hark_cursor TO hark_replay;

GRANT SELECT ON hark_schema TO hark_record;
GRANT SELECT, INSERT, UPDATE, DELETE ON hark_state, hark_tape, hark_entry,
	hark_body, hark_part, hark_draft, hark_writer, hark_source,
	hark_change, hark_cursor TO hark_record;
