-- Agreements and the arrangements that products make for a customer.
SELECT 1;
