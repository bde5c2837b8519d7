-- Terms and rates made into pieces: straight lines over the balance, each for a span of days.

-- What a day of the year weighs, so that days of years of 360, 365 and 366 days can be added up.
CREATE OR REPLACE FUNCTION interest_weight(p_day_count smallint, p_day date) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE p_day_count
        WHEN 1 THEN 4392
        WHEN 2 THEN CASE WHEN extract(year FROM p_day)::integer % 4 = 0
                              AND (extract(year FROM p_day)::integer % 100 <> 0
                                   OR extract(year FROM p_day)::integer % 400 = 0) THEN 4380 ELSE 4392 END
        ELSE 4453 END::numeric
$$;

-- Days of interest from one day to another, the first counted and the last not.
CREATE OR REPLACE FUNCTION interest_days(p_day_count smallint, p_from date, p_to date) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN p_day_count <> 3 THEN p_to - p_from
    ELSE (extract(year FROM p_to) * 360 + extract(month FROM p_to) * 30 + least(extract(day FROM p_to), 30)
          - extract(year FROM p_from) * 360 - extract(month FROM p_from) * 30 - least(extract(day FROM p_from), 30)
         )::integer END
$$;

-- The days on which a day's interest of these terms may change: rates, and for actual/actual the leap years.
CREATE OR REPLACE FUNCTION interest_boundaries(p_terms interest_terms) RETURNS SETOF date LANGUAGE sql STABLE AS $$
    WITH keyed AS (
        SELECT r.key, r.start FROM rates AS r
        WHERE r.key IN (SELECT key FROM unnest(p_terms.rate_keys) AS key WHERE key IS NOT NULL)
    ), known AS (  -- from the day on which every rate is known
        SELECT CASE WHEN count(k.first) < count(*) THEN 'infinity'::date
               ELSE coalesce(max(k.first), '1900-01-01') END AS day
        FROM (SELECT DISTINCT key FROM unnest(p_terms.rate_keys) AS key WHERE key IS NOT NULL) AS named
        LEFT JOIN (SELECT key, min(start) AS first FROM keyed GROUP BY key) AS k USING (key)
    )
    SELECT day FROM known WHERE day < 'infinity'
    UNION SELECT start FROM keyed, known WHERE start > day
    UNION SELECT make_date(year, 1, 1) FROM generate_series(1900, 2200) AS year, known
          WHERE p_terms.day_count = 2 AND make_date(year, 1, 1) > day
                AND interest_weight(2::smallint, make_date(year, 1, 1))
                    <> interest_weight(2::smallint, make_date(year - 1, 1, 1))
$$;

-- Makes the pieces of these terms anew.
CREATE OR REPLACE FUNCTION interest_make_pieces(p_terms integer[]) RETURNS void LANGUAGE sql AS $$
    DELETE FROM interest_pieces WHERE terms = ANY (p_terms);

    INSERT INTO interest_pieces (terms, start, upto, lower, upper, constant, slope, rates)
    SELECT id, start, upto, lower, upper,
           interest_weight(day_count, start) * 1000000 * CASE
               WHEN tiering = 1 OR place = 1 THEN 0
               -- what the tiers below earn in full, less what this rate would have earned there
               ELSE (SELECT coalesce(sum(rates[i] * (lowers[i + 1] - lowers[i])), 0)
                     FROM generate_series(2, place - 1) AS i) - rates[place] * lower END,
           interest_weight(day_count, start) * 1000000 * rates[place], rates
    FROM (
        SELECT t.id, t.day_count, t.tiering, t.lowers, span.start, span.upto, span.rates, tier.place::integer AS place,
               tier.lower, coalesce(t.lowers[tier.place + 1], 9223372036854775807) AS upper
        FROM interest_terms AS t
        CROSS JOIN LATERAL (
            SELECT day AS start, coalesce(lead(day) OVER (ORDER BY day), 'infinity') AS upto,
                   (SELECT array_agg(greatest(least(spread + coalesce((
                               SELECT rate FROM rates AS r WHERE r.key = k.key AND r.start <= day
                               ORDER BY r.start DESC LIMIT 1), 0), cap), floor) ORDER BY k.ord)
                    FROM unnest(t.rate_keys, t.spreads, t.floors, t.caps) WITH ORDINALITY
                         AS k(key, spread, floor, cap, ord)) AS rates
            FROM interest_boundaries(t) AS day
        ) AS span
        CROSS JOIN LATERAL unnest(t.lowers) WITH ORDINALITY AS tier(lower, place)
        WHERE t.id = ANY (p_terms)
    ) AS made
$$;

-- What a day earns at its beginning; NULL where no rate is known.
CREATE OR REPLACE FUNCTION interest_daily(p_terms integer, p_day date, p_balance bigint) RETURNS numeric
LANGUAGE sql STABLE AS $$
    SELECT constant + slope * p_balance FROM interest_pieces
    WHERE terms = p_terms AND start <= p_day AND p_day < upto AND lower <= p_balance AND p_balance < upper
$$;

-- The first settlement day after a day: the same day of the month, or the month's last where it has fewer.
CREATE OR REPLACE FUNCTION interest_next_due(p_cycle smallint, p_day smallint, p_after date) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT min(day) FROM (
        SELECT month, least(month + p_day - 1, (month + interval '1 month')::date - 1) AS day
        FROM (SELECT (date_trunc('month', p_after) + make_interval(months => i))::date AS month
              FROM generate_series(0, 12) AS i) AS months
        WHERE extract(month FROM month)::integer % CASE p_cycle WHEN 1 THEN 1 WHEN 2 THEN 3 WHEN 3 THEN 6 ELSE 12 END = 0
    ) AS days
    WHERE day > p_after AND p_cycle > 0
$$;
