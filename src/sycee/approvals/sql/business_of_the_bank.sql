-- What the bank decides about a customer's accounts, and why, is not the customer's to read: an account may be frozen,
-- or freed again, by order of an authority. What the customer's own people asked for is.

CREATE FUNCTION approvals_of_its_own(p_command text, p_maker uuid, p_customer uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT p_command NOT IN ('accounts.change', 'accounts.amend', 'accounts.open', 'customers.branch')
        OR EXISTS (SELECT FROM principals WHERE id = p_maker AND customer = p_customer)
$$;

SELECT customers_see('approvals',
    'customer = (SELECT acting_customer()) AND approvals_of_its_own(command, maker, customer)');
