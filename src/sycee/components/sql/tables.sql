-- The registry: conditions, products and packages proposed and released as data.
SELECT 1;
