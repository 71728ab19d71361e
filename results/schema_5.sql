
-- What version 5 changed: a control that was skipped in all its rounds is no control that stayed silent. A new
-- file has all of schema.sql and of this one; in an older file this view takes the place of the former.

-- Campaigns that lend rounds.
CREATE VIEW campaign_pool AS
SELECT campaign.id AS campaign_id, environment_id, version, night, host,
       NOT EXISTS (SELECT 1 FROM campaign_cell AS control
                   WHERE control.campaign_id = campaign.id AND control.role = 'positive_control'
                     AND (SELECT ifnull(max(outcome.class = 'failure'), 0) = 0
                                 AND ifnull(max(n.outcome <> 'skip'), 1) = 1
                          FROM round_count AS n JOIN outcome ON outcome.name = n.outcome
                          WHERE n.campaign_id = campaign.id AND n.cell_id = control.cell_id)) AS has_power,
       state = 'interrupted' OR EXISTS (SELECT 1 FROM plan
                                        WHERE plan.id = campaign.plan_id AND plan.claim IS NOT NULL
                                          AND plan.kind <> 'compare_all') AS looked_at
FROM campaign
WHERE NOT is_replay AND reuse = 1;
