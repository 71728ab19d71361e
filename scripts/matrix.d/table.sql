-- The page of scripts/matrix, of one database. What the script fills in: @list@, a file with what `mpstress list --json` says;
-- @expected@, the outcome that each defect must have; @parts@, which campaign is which part.

CREATE TEMP TABLE expected (defect TEXT, outcome TEXT);
CREATE TEMP TABLE part (name TEXT, campaign_id INTEGER);
@expected@
@parts@

-- The defects that the model offers, in its order, each with its finder: the last word but two of what it says.
CREATE TEMP TABLE defect AS
SELECT choice.key AS place, choice.value AS name, replace(words, rtrim(words, replace(words, ' ', '')), '') AS finder
FROM json_each(readfile('@list@'), '$.devices') AS device, json_each(device.value, '$.settings') AS setting,
     json_each(setting.value, '$.choices') AS choice
JOIN (SELECT meaning.key AS place, replace(meaning.value, ' finds it', '') AS words
      FROM json_each(readfile('@list@'), '$.devices') AS device, json_each(device.value, '$.settings') AS setting,
           json_each(setting.value, '$.meanings') AS meaning
      WHERE json_extract(device.value, '$.name') = 'metal@model' AND json_extract(setting.value, '$.name') = 'defects')
     AS meaning ON meaning.place = choice.key
WHERE json_extract(device.value, '$.name') = 'metal@model' AND json_extract(setting.value, '$.name') = 'defects';

-- A cell: its device in short, and what its rounds came to. A round counts if it passed or failed.
CREATE TEMP TABLE tally AS
SELECT part.name AS part, cell.id AS cell_id, cell.scenario, cell.arm, role, place, params,
       substr(device, 1, instr(device || ':', ':') - 1) AS device,
       iif(device LIKE '%:defects=%', substr(device, instr(device, 'defects=') + 8,
           instr(substr(device, instr(device, 'defects=') + 8), ',') - 1), 'none') AS defect,
       iif(device LIKE '%cache=shared%', ', cache=shared', '') || iif(device LIKE '%commit=unlocked%', ', commit=unlocked', '')
       || iif(device LIKE '%late=hold%', ', late=hold', '') || iif(device LIKE '%low_watermark=1%', ', low_watermark=1', '')
       || iif(device LIKE '%graphs=compile%', ', graphs=compile', '') AS setting,
       count(*) AS all_rounds, sum(name_is_counted) AS rounds, sum(is_failure) AS failed,
       sum(outcome = 'skip') AS skipped, sum(outcome IN ('broken', 'lost', 'no_verdict')) AS without_verdict,
       group_concat(DISTINCT iif(is_failure, outcome, NULL)) AS outcomes,
       min(iif(is_failure, turn_of_cell, NULL)) AS first_failure
FROM part
JOIN campaign_cell USING (campaign_id)
JOIN cell ON cell.id = campaign_cell.cell_id
JOIN (SELECT round.campaign_id, cell_id, outcome, class = 'failure' AS is_failure,
             outcome <> 'no_overlap' AND class <> 'no_verdict' AS name_is_counted,
             row_number() OVER (PARTITION BY round.campaign_id, cell_id ORDER BY position) AS turn_of_cell
      FROM round JOIN outcome ON outcome.name = outcome) AS round
     ON round.campaign_id = part.campaign_id AND round.cell_id = cell.id
GROUP BY part.name, cell.id;

-- Which buckets the failures of a defect are in, and which other defects are in one of them too.
CREATE TEMP TABLE bucket AS
SELECT DISTINCT defect, signature_id FROM tally JOIN round USING (cell_id)
WHERE part = 'defects' AND role = 'positive_control' AND defect <> 'none' AND signature_id IS NOT NULL;

-- destroy_race meets the faults that null_... defects plant one by one: it shares their buckets, since they are its faults.
CREATE TEMP TABLE verdict AS
SELECT tally.*, expected.outcome AS must, defect.place AS defect_place, finder,
       (SELECT count(*) FROM bucket WHERE bucket.defect = tally.defect) AS buckets,
       (SELECT group_concat(DISTINCT other.defect) FROM bucket AS own JOIN bucket AS other USING (signature_id)
        WHERE own.defect = tally.defect AND other.defect <> own.defect
              AND 'destroy_race' NOT IN (own.defect, other.defect)) AS shared,
       CASE WHEN skipped = all_rounds THEN 'absent'
            WHEN without_verdict > 0 THEN 'bad'
            WHEN role = 'positive_control' AND failed > 0 AND first_failure <= 5
                 AND (expected.outcome IS NULL OR part = 'arms' OR outcomes = expected.outcome) THEN 'good'
            WHEN role = 'positive_control' THEN 'bad'
            WHEN failed > 0 THEN 'bad'
            WHEN rounds = 0 THEN 'empty'
            ELSE 'good' END AS verdict
FROM tally LEFT JOIN expected USING (defect) LEFT JOIN defect ON defect.name = tally.defect;
UPDATE verdict SET verdict = 'bad'
WHERE part = 'defects' AND role = 'positive_control' AND defect <> 'none'
      AND (shared IS NOT NULL OR buckets = 0);

.mode list
.headers off
SELECT char(10) || 'Software model only: what is seen here proves the harness, and says nothing about Metal or any GPU. mpstress '
       || version || ', ' || os || ', ' || cpu || '; ' || (SELECT count(*) FROM round) || ' rounds in '
       || (SELECT count(*) FROM tally) || ' cells, one round at a time.' || char(10)
FROM campaign JOIN environment ON environment.id = environment_id ORDER BY campaign.id LIMIT 1;
SELECT 'A round counts if it passed or failed, with threads inside the driver at once where its scenario promises that. A cell that'
       || char(10) || 'must fail is as it should be if one of its first 5 rounds does; one that must not, if no round does. A bucket is a signature: of a crash'
       || char(10) || 'its stack, else the kind of failure (mpstress show signature N). No two defects may share one.';

SELECT char(10) || '## Each defect and its finder (suite controls)' || char(10) || char(10)
       || '| defect | scenario | device | must end as | ended as | failed | first in round | bucket | as it should be |' || char(10)
       || '|---|---|---|---|---|---|---|---|---|' WHERE EXISTS (SELECT 1 FROM part WHERE name = 'defects');
SELECT '| ' || name || ' | ' || ifnull(scenario, defect.finder) || ' | ' || ifnull(device || setting, '-') || ' | ' || ifnull(must, '?') || ' | '
       || ifnull(outcomes, '-') || ' | ' || ifnull(failed || ' of ' || rounds, '-') || ' | ' || ifnull(first_failure, '-') || ' | '
       || CASE WHEN shared IS NOT NULL THEN 'shared with ' || shared
               WHEN name = 'destroy_race' THEN buckets || ', those of the fields that it meets'
               WHEN buckets > 0 THEN 'its own' || iif(buckets > 1, ', ' || buckets, '')
               ELSE '**none**' END || ' | ' || iif(verdict = 'good' AND scenario = defect.finder, 'yes', '**no**') || ' |'
FROM defect LEFT JOIN verdict ON verdict.defect = defect.name AND part = 'defects' AND role = 'positive_control'
WHERE EXISTS (SELECT 1 FROM part WHERE name = 'defects') ORDER BY defect.place, verdict.place;

SELECT char(10) || 'The other cells of that suite: the client''s own faults, which must fail, and their twins and clean devices, which must not.'
       || char(10) || char(10) || '| scenario | device | role | ended as | failed | as it should be |' || char(10)
       || '|---|---|---|---|---|---|' WHERE EXISTS (SELECT 1 FROM part WHERE name = 'defects');
SELECT '| ' || scenario || ' | ' || device || iif(defect = 'none', '', ', ' || defect) || setting || iif(arm = 'none', '', ', arm ' || arm) || ' | '
       || replace(role, '_', ' ') || ' | ' || ifnull(outcomes, 'pass') || ' | ' || failed || ' of ' || rounds || ' | '
       || CASE verdict WHEN 'good' THEN 'yes' WHEN 'empty' THEN 'nothing shown' ELSE '**no**' END || ' |'
FROM verdict WHERE part = 'defects' AND (role <> 'positive_control' OR defect = 'none') ORDER BY place;

SELECT char(10) || '## Arms (suite matrix)' || char(10) || char(10)
       || 'A defect that is missing here strikes by counting, or in a single thread: no arm is meant to cure it.' || char(10) || char(10)
       || '| defect | scenario | device | arm | should | ended as | failed | as it should be |' || char(10)
       || '|---|---|---|---|---|---|---|---|' WHERE EXISTS (SELECT 1 FROM part WHERE name = 'arms');
SELECT '| ' || defect || ' | ' || scenario || ' | ' || device || setting || ' | ' || arm || ' | '
       || iif(role = 'positive_control', 'leave it', 'cure it') || ' | ' || ifnull(outcomes, 'pass') || ' | ' || failed || ' of ' || rounds || ' | '
       || CASE verdict WHEN 'good' THEN 'yes' WHEN 'empty' THEN 'nothing shown' ELSE '**no**' END || ' |'
FROM verdict WHERE part = 'arms' ORDER BY defect_place, device, role, place;

SELECT char(10) || '## No defect: every scenario on every device' || char(10) || char(10)
       || 'Failed of counted rounds. Bold: not as it should be. Italic: no round counted. -: the device does not support it. *must fail*: the'
       || char(10) || 'scenario is its client''s own fault there.' || char(10) || char(10)
       || '| scenario | null | metal@model | mps@model | vulkan@lavapipe |' || char(10) || '|---|---|---|---|---|'
WHERE EXISTS (SELECT 1 FROM part WHERE name = 'clean');
CREATE TEMP TABLE clean AS
SELECT scenario || iif(setting = '', '', ' (' || substr(setting, 3) || ')') AS scenario, device, min(place) AS place,
       CASE verdict WHEN 'absent' THEN '-' WHEN 'empty' THEN '*nothing shown*'
            ELSE iif(verdict = 'bad', '**', '') || failed || ' of ' || rounds || iif(failed > 0, ' ' || outcomes, '')
                 || iif(role = 'positive_control', ', must fail', '') || iif(verdict = 'bad', '**', '') END AS text
FROM verdict WHERE part = 'clean' GROUP BY 1, 2;
SELECT '| ' || scenario || ' | ' || ifnull(max(iif(device = 'null', text, NULL)), '') || ' | '
       || ifnull(max(iif(device = 'metal@model', text, NULL)), '') || ' | '
       || ifnull(max(iif(device = 'mps@model', text, NULL)), '') || ' | '
       || ifnull(max(iif(device = 'vulkan@lavapipe', text, NULL)), iif(scenario LIKE '% (%', '', 'device absent')) || ' |'
FROM clean GROUP BY scenario ORDER BY min(place);

SELECT 'verdict: ' || count(*) || ' cells'
       || iif(sum(verdict = 'bad') > 0, ', ' || sum(verdict = 'bad') || ' not as it should be', '')
       || iif(sum(verdict = 'empty') > 0, ', ' || sum(verdict = 'empty') || ' with no counted round', '')
       || iif((SELECT count(*) FROM part WHERE name = 'defects') > 0, (SELECT iif(count(*) > 0, ', not as it should be: no cell finds '
              || group_concat(name), '') FROM defect WHERE name NOT IN (SELECT defect FROM verdict WHERE part = 'defects'
              AND role = 'positive_control' AND scenario = finder)), '')
FROM verdict;
