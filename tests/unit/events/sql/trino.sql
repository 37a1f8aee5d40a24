-- facts
SELECT
  "day",
  "reason",
  SUM("n") AS total,
  COUNT(NULLIF("who", '')) AS sessions
FROM (
  SELECT
    CAST(CASE
      WHEN "time" >= CAST('2026-03-29 01:00:00' AS TIMESTAMP)
      THEN "time" + INTERVAL '7200' SECOND
      ELSE "time" + INTERVAL '3600' SECOND
    END AS DATE) AS day,
    "reason",
    CASE WHEN "reason" IS NULL THEN "session" END AS who,
    COUNT(*) AS n
  FROM (
    SELECT
      "event",
      "event_id",
      "plan",
      "received",
      "route",
      "session",
      "time",
      "user_agent",
      "value",
      CASE
        WHEN "reason" IS NULL AND NOT "event_id" IS NULL AND "row" > 1
        THEN 'duplicate'
        ELSE "reason"
      END AS reason
    FROM (
      SELECT
        *,
        ROW_NUMBER() OVER (
          PARTITION BY "event_id", "reason"
          ORDER BY "time", "session", "event", "route", "value"
        ) AS "row"
      FROM (
        SELECT
          "event",
          "event_id",
          "plan",
          "received",
          "route",
          "session",
          "time",
          "user_agent",
          "value",
          CASE
            WHEN "time" IS NULL
            THEN 'no time'
            WHEN "time" > CAST('2026-04-05 00:05:00' AS TIMESTAMP)
            THEN 'in the future'
            WHEN COALESCE("time" > "received" + INTERVAL '300' SECOND, FALSE)
            THEN 'clock ahead'
            WHEN COALESCE("received" > "time" + INTERVAL '259200' SECOND, FALSE)
            THEN 'late'
            WHEN COALESCE("user_agent" IN ('Googlebot'), FALSE)
            THEN 'bot'
            WHEN COALESCE((
              "plan" = 'internal'
            ), FALSE)
            THEN 'test traffic'
          END AS reason
        FROM (
          SELECT
            "name" AS "event",
            "id" AS "event_id",
            JSON_EXTRACT_SCALAR("props", '$.plan') AS "plan",
            CASE
              WHEN "got" >= CAST('2026-03-29 03:00:00' AS TIMESTAMP)
              THEN "got" - INTERVAL '7200' SECOND
              ELSE "got" - INTERVAL '3600' SECOND
            END AS "received",
            "path" AS "route",
            "sid" AS "session",
            CAST(AT_TIMEZONE("ts", 'UTC') AS TIMESTAMP) AS "time",
            "agent" AS "user_agent",
            CASE
              WHEN CAST("ms" AS DOUBLE) BETWEEN -CAST('1e300' AS DOUBLE) AND CAST('1e300' AS DOUBLE)
              THEN CAST("ms" AS DOUBLE)
            END AS "value"
          FROM lake.events
        ) AS canonical
        WHERE
          "time" IS NULL OR "time" >= CAST('2026-03-27 23:00:00' AS TIMESTAMP)
      ) AS read
    ) AS numbered
  ) AS marked
  GROUP BY
    1,
    2,
    3
) AS rows
GROUP BY
  1,
  2
ORDER BY
  1,
  2;

-- values
SELECT
  "v",
  "n",
  COUNT(*) OVER () AS "distinct",
  SUM("n") OVER () AS "total",
  CASE WHEN "n" >= 10 AND LENGTH("v") <= 200 AND "v" <> '(other)' THEN 0 ELSE 1 END AS "small"
FROM (
  SELECT
    "v",
    COUNT(*) AS n
  FROM (
    SELECT DISTINCT
      COALESCE(NULLIF("route", ''), '(none)') AS v,
      "session"
    FROM (
      SELECT
        "route",
        "session",
        "time"
      FROM (
        SELECT
          "route",
          "session",
          "time"
        FROM (
          SELECT
            "event",
            "event_id",
            "route",
            "session",
            "time",
            "value",
            ROW_NUMBER() OVER (PARTITION BY "event_id" ORDER BY "time", "session", "event", "route", "value") AS "row"
          FROM (
            SELECT
              "name" AS "event",
              "id" AS "event_id",
              JSON_EXTRACT_SCALAR("props", '$.plan') AS "plan",
              CASE
                WHEN "got" >= CAST('2026-03-29 03:00:00' AS TIMESTAMP)
                THEN "got" - INTERVAL '7200' SECOND
                ELSE "got" - INTERVAL '3600' SECOND
              END AS "received",
              "path" AS "route",
              "sid" AS "session",
              CAST(AT_TIMEZONE("ts", 'UTC') AS TIMESTAMP) AS "time",
              "agent" AS "user_agent",
              CASE
                WHEN CAST("ms" AS DOUBLE) BETWEEN -CAST('1e300' AS DOUBLE) AND CAST('1e300' AS DOUBLE)
                THEN CAST("ms" AS DOUBLE)
              END AS "value"
            FROM lake.events
          ) AS canonical
          WHERE
            "time" >= CAST('2026-03-27 17:00:00' AS TIMESTAMP)
            AND "time" < CAST('2026-03-31 04:00:00' AS TIMESTAMP)
            AND NOT (
              "time" > CAST('2026-04-05 00:05:00' AS TIMESTAMP)
            )
            AND NOT (
              COALESCE("time" > "received" + INTERVAL '300' SECOND, FALSE)
            )
            AND NOT (
              COALESCE("received" > "time" + INTERVAL '259200' SECOND, FALSE)
            )
            AND NOT (
              COALESCE("user_agent" IN ('Googlebot'), FALSE)
            )
            AND NOT (
              COALESCE((
                "plan" = 'internal'
              ), FALSE)
            )
        ) AS numbered
        WHERE
          "event_id" IS NULL OR "row" = 1
      ) AS around
      WHERE
        "time" >= CAST('2026-03-27 23:00:00' AS TIMESTAMP)
        AND "time" < CAST('2026-03-30 22:00:00' AS TIMESTAMP)
    ) AS events
    WHERE
      "session" <> ''
  ) AS pairs
  GROUP BY
    "v"
) AS sizes
ORDER BY
  "small",
  "n" DESC,
  "v"
LIMIT 51;

-- counts
SELECT
  "cells"."at",
  COALESCE("kept0"."v", '(other)') AS "route",
  SUM(cells.n) AS n
FROM (
  SELECT
    DATE_TRUNC('HOUR', "time") AS "at",
    "route",
    COUNT(*) AS n
  FROM (
    SELECT
      "route",
      "time"
    FROM (
      SELECT
        "event",
        "route",
        "time"
      FROM (
        SELECT
          "event",
          "event_id",
          "route",
          "session",
          "time",
          "value",
          ROW_NUMBER() OVER (PARTITION BY "event_id" ORDER BY "time", "session", "event", "route", "value") AS "row"
        FROM (
          SELECT
            "name" AS "event",
            "id" AS "event_id",
            JSON_EXTRACT_SCALAR("props", '$.plan') AS "plan",
            CASE
              WHEN "got" >= CAST('2026-03-29 03:00:00' AS TIMESTAMP)
              THEN "got" - INTERVAL '7200' SECOND
              ELSE "got" - INTERVAL '3600' SECOND
            END AS "received",
            "path" AS "route",
            "sid" AS "session",
            CAST(AT_TIMEZONE("ts", 'UTC') AS TIMESTAMP) AS "time",
            "agent" AS "user_agent",
            CASE
              WHEN CAST("ms" AS DOUBLE) BETWEEN -CAST('1e300' AS DOUBLE) AND CAST('1e300' AS DOUBLE)
              THEN CAST("ms" AS DOUBLE)
            END AS "value"
          FROM lake.events
        ) AS canonical
        WHERE
          "time" >= CAST('2026-03-27 17:00:00' AS TIMESTAMP)
          AND "time" < CAST('2026-03-31 04:00:00' AS TIMESTAMP)
          AND NOT (
            "time" > CAST('2026-04-05 00:05:00' AS TIMESTAMP)
          )
          AND NOT (
            COALESCE("time" > "received" + INTERVAL '300' SECOND, FALSE)
          )
          AND NOT (
            COALESCE("received" > "time" + INTERVAL '259200' SECOND, FALSE)
          )
          AND NOT (
            COALESCE("user_agent" IN ('Googlebot'), FALSE)
          )
          AND NOT (
            COALESCE((
              "plan" = 'internal'
            ), FALSE)
          )
      ) AS numbered
      WHERE
        (
          "event_id" IS NULL OR "row" = 1
        )
        AND COALESCE((
          "event" = 'click'
        ), FALSE)
    ) AS around
    WHERE
      "time" >= CAST('2026-03-27 23:00:00' AS TIMESTAMP)
      AND "time" < CAST('2026-03-30 22:00:00' AS TIMESTAMP)
  ) AS events
  GROUP BY
    1,
    2
) AS cells
LEFT JOIN (VALUES
  ('/'),
  ('/cart')) AS kept0("v")
  ON COALESCE(NULLIF("cells"."route", ''), '(none)') = "kept0"."v"
GROUP BY
  1,
  2;

-- rates
WITH cells AS (
  SELECT
    "session",
    "route",
    MIN(CASE WHEN COALESCE((
      "event" = 'pay'
    ), FALSE) THEN "time" END) AS first0,
    MAX(CASE WHEN COALESCE((
      "event" = 'failed'
    ), FALSE) THEN "time" END) AS last0,
    SUM(CASE WHEN COALESCE((
      "event" = 'failed'
    ), FALSE) THEN 1 ELSE 0 END) AS n0
  FROM (
    SELECT
      "event",
      "route",
      "session",
      "time"
    FROM (
      SELECT
        "event",
        "event_id",
        "route",
        "session",
        "time",
        "value",
        ROW_NUMBER() OVER (PARTITION BY "event_id" ORDER BY "time", "session", "event", "route", "value") AS "row"
      FROM (
        SELECT
          "name" AS "event",
          "id" AS "event_id",
          JSON_EXTRACT_SCALAR("props", '$.plan') AS "plan",
          CASE
            WHEN "got" >= CAST('2026-03-29 03:00:00' AS TIMESTAMP)
            THEN "got" - INTERVAL '7200' SECOND
            ELSE "got" - INTERVAL '3600' SECOND
          END AS "received",
          "path" AS "route",
          "sid" AS "session",
          CAST(AT_TIMEZONE("ts", 'UTC') AS TIMESTAMP) AS "time",
          "agent" AS "user_agent",
          CASE
            WHEN CAST("ms" AS DOUBLE) BETWEEN -CAST('1e300' AS DOUBLE) AND CAST('1e300' AS DOUBLE)
            THEN CAST("ms" AS DOUBLE)
          END AS "value"
        FROM lake.events
      ) AS canonical
      WHERE
        "time" >= CAST('2026-03-27 17:00:00' AS TIMESTAMP)
        AND "time" < CAST('2026-03-31 04:00:00' AS TIMESTAMP)
        AND NOT (
          "time" > CAST('2026-04-05 00:05:00' AS TIMESTAMP)
        )
        AND NOT (
          COALESCE("time" > "received" + INTERVAL '300' SECOND, FALSE)
        )
        AND NOT (
          COALESCE("received" > "time" + INTERVAL '259200' SECOND, FALSE)
        )
        AND NOT (
          COALESCE("user_agent" IN ('Googlebot'), FALSE)
        )
        AND NOT (
          COALESCE((
            "plan" = 'internal'
          ), FALSE)
        )
    ) AS numbered
    WHERE
      "event_id" IS NULL OR "row" = 1
  ) AS events
  WHERE
    "session" <> ''
  GROUP BY
    "session",
    "route"
), pooled AS (
  SELECT
    "session",
    "route",
    "first0",
    MAX("last0") OVER (PARTITION BY "session") AS last0,
    SUM("n0") OVER (PARTITION BY "session") AS n0
  FROM (
    SELECT
      "cells"."session",
      COALESCE("kept0"."v", '(other)') AS "route",
      MIN("first0") AS first0,
      MAX("last0") AS last0,
      SUM("n0") AS n0
    FROM cells
    LEFT JOIN (VALUES
      ('/'),
      ('/cart')) AS kept0("v")
      ON COALESCE(NULLIF("cells"."route", ''), '(none)') = "kept0"."v"
    GROUP BY
      1,
      2
  ) AS segments
)
SELECT
  0 AS "signal",
  DATE_TRUNC('HOUR', "first0") AS "at",
  "route",
  COUNT(*) AS exposed,
  SUM(CASE WHEN "last0" >= "first0" THEN 1 ELSE 0 END) AS affected,
  SUM(CASE WHEN "last0" >= "first0" THEN "n0" ELSE 0 END) AS n
FROM pooled
WHERE
  "first0" >= CAST('2026-03-27 23:00:00' AS TIMESTAMP)
  AND "first0" < CAST('2026-03-30 22:00:00' AS TIMESTAMP)
GROUP BY
  1,
  2,
  3;

-- funnel
WITH hits AS (
  SELECT
    "session",
    "time",
    "route",
    CASE WHEN COALESCE((
      "event" = 'cart'
    ), FALSE) THEN 1 ELSE 0 END AS step0,
    CASE WHEN COALESCE((
      "event" = 'paid'
    ), FALSE) THEN 1 ELSE 0 END AS step1
  FROM (
    SELECT
      "event",
      "route",
      "session",
      "time"
    FROM (
      SELECT
        "event",
        "event_id",
        "route",
        "session",
        "time",
        "value",
        ROW_NUMBER() OVER (PARTITION BY "event_id" ORDER BY "time", "session", "event", "route", "value") AS "row"
      FROM (
        SELECT
          "name" AS "event",
          "id" AS "event_id",
          JSON_EXTRACT_SCALAR("props", '$.plan') AS "plan",
          CASE
            WHEN "got" >= CAST('2026-03-29 03:00:00' AS TIMESTAMP)
            THEN "got" - INTERVAL '7200' SECOND
            ELSE "got" - INTERVAL '3600' SECOND
          END AS "received",
          "path" AS "route",
          "sid" AS "session",
          CAST(AT_TIMEZONE("ts", 'UTC') AS TIMESTAMP) AS "time",
          "agent" AS "user_agent",
          CASE
            WHEN CAST("ms" AS DOUBLE) BETWEEN -CAST('1e300' AS DOUBLE) AND CAST('1e300' AS DOUBLE)
            THEN CAST("ms" AS DOUBLE)
          END AS "value"
        FROM lake.events
      ) AS canonical
      WHERE
        "time" >= CAST('2026-03-27 17:00:00' AS TIMESTAMP)
        AND "time" < CAST('2026-03-31 04:00:00' AS TIMESTAMP)
        AND NOT (
          "time" > CAST('2026-04-05 00:05:00' AS TIMESTAMP)
        )
        AND NOT (
          COALESCE("time" > "received" + INTERVAL '300' SECOND, FALSE)
        )
        AND NOT (
          COALESCE("received" > "time" + INTERVAL '259200' SECOND, FALSE)
        )
        AND NOT (
          COALESCE("user_agent" IN ('Googlebot'), FALSE)
        )
        AND NOT (
          COALESCE((
            "plan" = 'internal'
          ), FALSE)
        )
    ) AS numbered
    WHERE
      "event_id" IS NULL OR "row" = 1
  ) AS events
  WHERE
    "session" <> ''
    AND (
      (
        COALESCE((
          "event" = 'cart'
        ), FALSE)
      )
      OR (
        COALESCE((
          "event" = 'paid'
        ), FALSE)
      )
    )
), reached0 AS (
  SELECT
    "hits"."session",
    COALESCE("kept0"."v", '(other)') AS "route",
    MIN("hits"."time") AS entered,
    MIN("hits"."time") AS t
  FROM hits
  LEFT JOIN (VALUES
    ('/'),
    ('/cart')) AS kept0("v")
    ON COALESCE(NULLIF("hits"."route", ''), '(none)') = "kept0"."v"
  WHERE
    "step0" = 1
  GROUP BY
    1,
    2
), reached1 AS (
  SELECT
    "reached0"."session",
    "reached0"."route",
    reached0.entered,
    MIN("hits"."time") AS t
  FROM reached0
  JOIN hits
    ON "hits"."session" = "reached0"."session"
    AND "hits"."time" >= reached0.t
    AND hits.step1 = 1
  GROUP BY
    "reached0"."session",
    "reached0"."route",
    reached0.entered
)
SELECT
  0 AS "step",
  CAST(CASE
    WHEN "entered" >= CAST('2026-03-29 01:00:00' AS TIMESTAMP)
    THEN "entered" + INTERVAL '7200' SECOND
    ELSE "entered" + INTERVAL '3600' SECOND
  END AS DATE) AS "at",
  "route",
  COUNT(*) AS n
FROM reached0
WHERE
  "entered" >= CAST('2026-03-27 23:00:00' AS TIMESTAMP)
  AND "entered" < CAST('2026-03-30 22:00:00' AS TIMESTAMP)
GROUP BY
  1,
  2,
  3
UNION ALL
SELECT
  1 AS "step",
  CAST(CASE
    WHEN "entered" >= CAST('2026-03-29 01:00:00' AS TIMESTAMP)
    THEN "entered" + INTERVAL '7200' SECOND
    ELSE "entered" + INTERVAL '3600' SECOND
  END AS DATE) AS "at",
  "route",
  COUNT(*) AS n
FROM reached1
WHERE
  "entered" >= CAST('2026-03-27 23:00:00' AS TIMESTAMP)
  AND "entered" < CAST('2026-03-30 22:00:00' AS TIMESTAMP)
GROUP BY
  1,
  2,
  3;

-- releases
SELECT
  COALESCE(NULLIF("release", ''), '(none)') AS name,
  MIN("time") AS first,
  MAX("time") AS last,
  COUNT(*) AS n
FROM (
  SELECT
    "release",
    "time"
  FROM (
    SELECT
      "release",
      "time"
    FROM (
      SELECT
        "event",
        "event_id",
        "release",
        "route",
        "session",
        "time",
        "value",
        ROW_NUMBER() OVER (PARTITION BY "event_id" ORDER BY "time", "session", "event", "route", "value") AS "row"
      FROM (
        SELECT
          "name" AS "event",
          "id" AS "event_id",
          JSON_EXTRACT_SCALAR("props", '$.plan') AS "plan",
          CASE
            WHEN "got" >= CAST('2026-03-29 03:00:00' AS TIMESTAMP)
            THEN "got" - INTERVAL '7200' SECOND
            ELSE "got" - INTERVAL '3600' SECOND
          END AS "received",
          "rel" AS "release",
          "path" AS "route",
          "sid" AS "session",
          CAST(AT_TIMEZONE("ts", 'UTC') AS TIMESTAMP) AS "time",
          "agent" AS "user_agent",
          CASE
            WHEN CAST("ms" AS DOUBLE) BETWEEN -CAST('1e300' AS DOUBLE) AND CAST('1e300' AS DOUBLE)
            THEN CAST("ms" AS DOUBLE)
          END AS "value"
        FROM lake.events
      ) AS canonical
      WHERE
        "time" >= CAST('2026-03-27 17:00:00' AS TIMESTAMP)
        AND "time" < CAST('2026-03-31 04:00:00' AS TIMESTAMP)
        AND NOT (
          "time" > CAST('2026-04-05 00:05:00' AS TIMESTAMP)
        )
        AND NOT (
          COALESCE("time" > "received" + INTERVAL '300' SECOND, FALSE)
        )
        AND NOT (
          COALESCE("received" > "time" + INTERVAL '259200' SECOND, FALSE)
        )
        AND NOT (
          COALESCE("user_agent" IN ('Googlebot'), FALSE)
        )
        AND NOT (
          COALESCE((
            "plan" = 'internal'
          ), FALSE)
        )
    ) AS numbered
    WHERE
      "event_id" IS NULL OR "row" = 1
  ) AS around
  WHERE
    "time" >= CAST('2026-03-27 23:00:00' AS TIMESTAMP)
    AND "time" < CAST('2026-03-30 22:00:00' AS TIMESTAMP)
) AS events
GROUP BY
  1
ORDER BY
  "first" DESC,
  "name"
LIMIT 1000;
