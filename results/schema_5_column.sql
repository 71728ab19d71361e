-- What version 5 took from an older file; see schema_5.sql.
DROP VIEW campaign_pool;
