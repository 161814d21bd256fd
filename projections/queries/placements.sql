-- Where each student of a store belongs, and from which day to which: the homeroom classes, or of
-- who has none the class that counts as the first. A student is who the roster's own account belongs
-- to. Part of other queries, as `--include` says.
SELECT person, class_group, school, stage, grade, begin, end
FROM
(
    SELECT
        coalesce(nullIf(links.person, ''), enrolled.account) AS person,
        enrolled.class_group AS class_group, enrolled.school AS school,
        classes.stage AS stage, classes.grade AS grade, enrolled.begin AS begin, enrolled.end AS end,
        classes.type = 'homeroom' AS is_homeroom,
        max(is_homeroom) OVER (PARTITION BY person) AS has_homeroom,
        row_number() OVER (
            PARTITION BY person ORDER BY enrolled.is_primary DESC, begin DESC, enrolled.enrollment
        ) AS place
    FROM
    (
        SELECT enrollment, person AS account, class_group, school, is_primary, begin, end
        FROM {database:Identifier}.roster_enrollments FINAL
        WHERE store = {store:String} AND role = 'student'
    ) AS enrolled
    GLOBAL LEFT JOIN
    (
        SELECT class_group, type, stage, grade
        FROM {database:Identifier}.roster_classes FINAL
        WHERE store = {store:String}
    ) AS classes ON classes.class_group = enrolled.class_group
    GLOBAL LEFT JOIN
    (
        SELECT account, person
        FROM {database:Identifier}.identities FINAL
        WHERE store = {store:String}
    ) AS links ON links.account = enrolled.account
)
WHERE is_homeroom OR (NOT has_homeroom AND place = 1)
