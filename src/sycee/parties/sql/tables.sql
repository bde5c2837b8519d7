-- Customers: legal entities, their groups, owners, contacts, due diligence, and mandates.
SELECT 1;
