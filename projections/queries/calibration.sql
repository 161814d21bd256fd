-- A calibration by its digest.
SELECT document FROM {database:Identifier}.calibrations WHERE digest = {digest:String} LIMIT 1
