-- The banking day: runs, steps, failures, documents produced at the end of a day.
SELECT 1;
