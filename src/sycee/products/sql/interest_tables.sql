-- Rates, terms, interest positions and postings, and the functions of the interest engine.
SELECT 1;
