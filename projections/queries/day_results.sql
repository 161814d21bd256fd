-- What each day says of each person's subjects: the mean of a day's marks by kind, or, of a day without
-- marks in the subject, the share right and of how many answers; points are 0..100. As projections/prediction/levels.py
-- folds it, persons by the accounts' newest links. Up to a day, in the order of folding.
SELECT person, about, toInt32(day), kind, points, toUInt64(if(kind = 'answer', results, 0))
FROM
(
    SELECT
        person, about, day, kind, points, results,
        sum(kind != 'answer') OVER (PARTITION BY person, about, day) AS marks
    FROM
    (
        SELECT
            if(linked.person = '', result.account, linked.person) AS person,
            result.about AS about,
            result.day AS day,
            result.kind AS kind,
            avg(result.points) AS points,
            count() AS results
        FROM
        (
            SELECT
                person AS account,
                if(subject = '', course, subject) AS about,
                toDate32(toTimeZone(time, {timezone:String})) AS day,
                toString(action) AS kind,
                if(action = 'answer', if(success, 100., 0.), 100. * least(1., greatest(0., assumeNotNull(score)))) AS points
            FROM {database:Identifier}.facts FINAL
            WHERE store = {store:String}
              AND (subject != '' OR course != '')
              AND (action IN {marked:Array(String)} AND isNotNull(score) OR action = 'answer' AND isNotNull(success))
        ) AS result
        GLOBAL LEFT JOIN
        (
            SELECT account, person FROM {database:Identifier}.identities FINAL WHERE store = {store:String}
        ) AS linked ON linked.account = result.account
        WHERE result.day <= {until:Date32}
        GROUP BY person, about, day, kind
    )
)
WHERE kind != 'answer' OR marks = 0
ORDER BY person, about, day, kind
