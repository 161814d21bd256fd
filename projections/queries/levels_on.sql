-- Levels as of a day and as of an earlier one: a row a student who is placed (in a class or school if it is
-- named) and a subject with a result since `recent`.
SELECT
    known.person, placed.class_group, placed.school, known.subject,
    known.level, known.variance, known.freedom, known.squares, known.scores, toString(known.last_day),
    known.level_before, known.variance_before, known.squares_before, known.freedom_before, known.scores_before
FROM
(
    SELECT
        person, subject,
        argMaxIf(each.level, week, each.last_day <= {on:Date32}) AS level,
        argMaxIf(each.variance, week, each.last_day <= {on:Date32}) AS variance,
        argMaxIf(each.freedom, week, each.last_day <= {on:Date32}) AS freedom,
        argMaxIf(each.squares, week, each.last_day <= {on:Date32}) AS squares,
        maxIf(each.scores, each.last_day <= {on:Date32}) AS scores,
        maxIf(each.last_day, each.last_day <= {on:Date32}) AS last_day,
        argMaxIf(each.level, week, each.last_day <= {before:Date32}) AS level_before,
        argMaxIf(each.variance, week, each.last_day <= {before:Date32}) AS variance_before,
        argMaxIf(each.squares, week, each.last_day <= {before:Date32}) AS squares_before,
        argMaxIf(each.freedom, week, each.last_day <= {before:Date32}) AS freedom_before,
        maxIf(each.scores, each.last_day <= {before:Date32}) AS scores_before
    FROM
    (
        SELECT person, subject, week, level, variance, freedom, squares, scores, last_day
        FROM {database:Identifier}.person_level_weeks FINAL
        WHERE store = {store:String}
          AND week BETWEEN {earliest:Date32} AND {on:Date32}
          AND ({subject:String} = '' OR subject = {subject:String})
          AND ({is_limited:UInt8} = 0 OR person IN {persons:Array(String)})
    ) AS each
    GROUP BY person, subject
    HAVING scores >= {enough:UInt32} AND last_day >= {recent:Date32}
) AS known
GLOBAL INNER JOIN
(
--include placed
) AS placed ON placed.person = known.person
