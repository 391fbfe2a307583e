-- Views over the views of the tables: whatever version those show, these follow.

-- The colour at the moment of the question: a dead engine cannot stay green. The same rule as
-- indicator.py, in the same order.
CREATE OR REPLACE VIEW status.indicator WITH (security_invoker = true) AS
SELECT company_id,
    CASE WHEN reason IS NULL THEN 'green' ELSE 'red' END AS colour,
    reason,
    CASE WHEN reason IN ('disconnected', 'reconnect_required') AND source <> 'sie'
        THEN 'reconnect' END AS action
FROM (
    SELECT company_id, source, CASE
        WHEN disconnected_at IS NOT NULL THEN 'disconnected'
        WHEN reconnect_reason IS NOT NULL THEN 'reconnect_required'
        WHEN emptied_at IS NOT NULL THEN 'emptied'
        WHEN last_sync_at IS NULL THEN 'never_synced'
        WHEN is_stalled OR open_since + interval '15 minutes' <= now THEN 'stalled'
        WHEN failures_in_a_row > 2 THEN 'failing'
        WHEN fresh_until <= now THEN 'stale'
        END AS reason
    FROM status.company_status CROSS JOIN (SELECT engine.clock() AS now) AS clock
) AS judged;
