-- The steps of direct debits as a stream, as those of payments are: in the order in which they were committed in
-- their cell. Whoever writes some holds the cell's row of debit_heads until the commit.
CREATE TABLE debit_heads (
    cell     smallint PRIMARY KEY REFERENCES cells,
    position bigint NOT NULL
) WITH (fillfactor = 10);
SELECT everyone_sees('debit_heads');

ALTER TABLE direct_debit_events ADD COLUMN position bigint;
ALTER TABLE direct_debit_events DISABLE TRIGGER direct_debit_events_stay;
UPDATE direct_debit_events AS e SET position = n.position
FROM (SELECT cell, debit, step, row_number() OVER (PARTITION BY cell ORDER BY at, debit, step) AS position
      FROM direct_debit_events) AS n
WHERE (e.cell, e.debit, e.step) = (n.cell, n.debit, n.step);
ALTER TABLE direct_debit_events ENABLE TRIGGER direct_debit_events_stay;
INSERT INTO debit_heads (cell, position) SELECT cell, max(position) FROM direct_debit_events GROUP BY cell;
ALTER TABLE direct_debit_events
    ALTER COLUMN position SET NOT NULL,
    ADD CONSTRAINT direct_debit_events_position UNIQUE (cell, position);
COMMENT ON COLUMN direct_debit_events.position IS 'its place in the stream of its cell';

-- Writes steps down, in the order of the list, each after the steps that its debit has; one of a debit in a list.
CREATE FUNCTION debits_note(
    p_now timestamptz, p_cells smallint[], p_debits uuid[], p_states text[], p_sides text[], p_actors text[],
    p_reason_codes text[], p_reasons text[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_cell smallint;
    v_count integer;
    v_position bigint;
BEGIN
    FOR v_cell, v_count IN
        SELECT cell, count(*) FROM unnest(p_cells) AS cell GROUP BY cell ORDER BY cell
    LOOP
        INSERT INTO debit_heads AS h (cell, position) VALUES (v_cell, v_count)
        ON CONFLICT (cell) DO UPDATE SET position = h.position + v_count
        RETURNING position - v_count INTO v_position;
        INSERT INTO direct_debit_events (cell, debit, step, state, at, side, actor, reason_code, reason, position)
        SELECT v_cell, debit,
               1 + (SELECT count(*) FROM direct_debit_events AS e WHERE e.cell = v_cell AND e.debit = s.debit),
               state, p_now, side, actor, reason_code, reason, v_position + row_number() OVER (ORDER BY ord)
        FROM unnest(p_cells, p_debits, p_states, p_sides, p_actors, p_reason_codes, p_reasons) WITH ORDINALITY
             AS s(cell, debit, state, side, actor, reason_code, reason, ord)
        WHERE s.cell = v_cell;
    END LOOP;
END $$;
