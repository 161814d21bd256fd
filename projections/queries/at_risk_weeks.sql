-- What students did in the weeks since `recent` and in those before it since `before`, with where
-- they are placed; who did nothing is there too. Of one class or school if it is named.
SELECT
    placed.person, placed.class_group, placed.school,
    toUInt64(weeks.actions), toUInt64(weeks.answers), toUInt64(weeks.correct),
    toUInt64(weeks.due), toUInt64(weeks.on_time), toUInt64(weeks.actions_before),
    toUInt64(weeks.answers_before), toUInt64(weeks.correct_before), toString(weeks.last)
FROM
(
--include placed
) AS placed
GLOBAL LEFT JOIN
(
    SELECT
        person,
        sumIf(each.actions, week >= {recent:Date32}) AS actions,
        sumIf(each.answers, week >= {recent:Date32}) AS answers,
        sumIf(each.correct, week >= {recent:Date32}) AS correct,
        sumIf(each.due, week >= {recent:Date32}) AS due,
        sumIf(each.on_time, week >= {recent:Date32}) AS on_time,
        sumIf(each.actions, week < {recent:Date32}) AS actions_before,
        sumIf(each.answers, week < {recent:Date32}) AS answers_before,
        sumIf(each.correct, week < {recent:Date32}) AS correct_before,
        max(each.last_day) AS last
    FROM {database:Identifier}.person_weeks AS each FINAL
    WHERE store = {store:String} AND week BETWEEN {earliest:Date32} AND {on:Date32}
      AND person GLOBAL IN (
          SELECT person FROM (
--include placed
          )
      )
    GROUP BY person
) AS weeks ON weeks.person = placed.person
