-- Lessons of a store that may be on a page, the newest first: each with when it began, its first act in
-- class or else its first act, as far as facts of these classes, of this subject and of this teacher
-- tell, where any are named. Of one from which a statement was voided this says when it began at the
-- latest: when it did, lessons_begun.sql tells. `reached` is the last one that was given before.
SELECT lesson, toUnixTimestamp64Micro(latest), voided
FROM
(
    SELECT
        lesson,
        max(is_voided) AS voided,
        coalesce(min(first_in), min(first)) AS begins,
        if(voided, min(first), begins) AS earliest,
        if(voided, max(last), begins) AS latest
    FROM {database:Identifier}.lessons
    WHERE store = {store:String} AND
--include lessons_wanted
    GROUP BY lesson
)
WHERE latest >= fromUnixTimestamp64Micro({from:Int64})
  AND earliest < fromUnixTimestamp64Micro({to:Int64})
  AND (earliest, lesson) < (fromUnixTimestamp64Micro({before:Int64}), {before_lesson:String})
  AND (latest, lesson) < (fromUnixTimestamp64Micro({reached:Int64}), {reached_lesson:String})
ORDER BY latest DESC, lesson DESC
LIMIT {limit:UInt32}
