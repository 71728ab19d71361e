-- Rows for the tables that golden_database leaves empty, so that each column of text has a row that a hostile one can stand in.
--
-- SPDX-License-Identifier: Apache-2.0
INSERT INTO file_content VALUES (1, 'aa', CAST('a file' AS BLOB));
INSERT INTO os_report_file SELECT min(id), 1 FROM os_report;
INSERT INTO campaign_state SELECT id, 'load', '1.00' FROM campaign;
INSERT INTO known_failure SELECT key, 'https://issues/1', '2099-12-31', 0, '2026-11-01T00:00:00Z' FROM signature WHERE id % 2 = 1;
INSERT INTO fleet_member SELECT id, 'yard', 'machine ' || id FROM campaign WHERE night IS NOT NULL;
INSERT INTO cell_figure SELECT campaign_id, cell_id, 'gate_landed', 1, 2, 2 FROM campaign_cell;
UPDATE round SET figures = json_object('gate_landed', 2) WHERE figures IS NULL;
UPDATE os_report SET round_id = (SELECT min(round_id) FROM crash) WHERE id = (SELECT min(id) FROM os_report);
