-- Which rows of lessons are wanted: those of some classes, in a subject, of some teachers, where any are
-- named; limited, those of some classes or teachers only.
    (empty({classes:Array(String)}) OR class_group IN {classes:Array(String)})
    AND ({subject:String} = '' OR subject = {subject:String})
    AND (empty({teachers:Array(String)}) OR teacher IN {teachers:Array(String)})
    AND (
        {is_limited:UInt8} = 0
        OR class_group IN {own_classes:Array(String)}
        OR teacher IN {own_teachers:Array(String)}
    )
