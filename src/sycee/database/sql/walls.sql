-- The second wall: a role for transactions that act for a customer, and how a table is opened to it. What no
-- table's policies say stays shut: the role owns nothing, and is granted nothing by default.

-- A role belongs to all databases of the server, so it may be there already.
DO $$
BEGIN
    BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'sycee_customer') THEN
            CREATE ROLE sycee_customer NOLOGIN;
        END IF;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL;  -- made by another database's migration just now
    END;
    IF NOT pg_has_role(current_user, 'sycee_customer', 'SET') THEN
        EXECUTE format('GRANT sycee_customer TO %I', current_user);
    END IF;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE EXCEPTION 'the owner of the database may not make or become the role sycee_customer' USING HINT = format(
        'Let an administrator of the server run: CREATE ROLE sycee_customer NOLOGIN; GRANT sycee_customer TO %I',
        current_user);
END $$;

-- The customer that this transaction acts for now; NULL: it acts as the bank.
CREATE OR REPLACE FUNCTION acting_customer() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN current_setting('role') = 'sycee_customer'
           THEN nullif(current_setting('sycee.customer', true), '')::uuid END
$$;

-- Lets customers see those rows of a table for which p_own holds; all its columns, or those that are named.
CREATE OR REPLACE FUNCTION customers_see(p_table regclass, p_own text, p_columns text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', p_table);
    EXECUTE format('DROP POLICY IF EXISTS customers_see ON %s', p_table);
    EXECUTE format('CREATE POLICY customers_see ON %s FOR SELECT TO sycee_customer USING (%s)', p_table, p_own);
    EXECUTE format('GRANT SELECT %s ON %s TO sycee_customer', coalesce('(' || p_columns || ')', ''), p_table);
END $$;

-- The condition that an account is the customer's own, as text for a policy; p_account is a column. It looks one
-- account up, also for a customer who has so many that a hash of them all would cost more than the query.
CREATE OR REPLACE FUNCTION own_account(p_account text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT format('(SELECT own.customer FROM account_profiles AS own'
                  ' WHERE own.cell = %1$s / 1000000000000000 AND own.number = %1$s) = (SELECT acting_customer())',
                  p_account)
$$;

-- The same for a table whose rows belong to the account in one of its columns.
CREATE OR REPLACE FUNCTION customers_see_of_accounts(p_table regclass, p_account text) RETURNS void
LANGUAGE sql AS $$
    SELECT customers_see(p_table, own_account(format('%s.%I', p_table, p_account)))
$$;

-- Lets customers write rows of a table for which p_own holds, before and after: INSERT, or INSERT and UPDATE.
CREATE OR REPLACE FUNCTION customers_write(p_table regclass, p_own text, p_update boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', p_table);
    EXECUTE format('DROP POLICY IF EXISTS customers_insert ON %s', p_table);
    EXECUTE format('CREATE POLICY customers_insert ON %s FOR INSERT TO sycee_customer WITH CHECK (%s)', p_table, p_own);
    EXECUTE format('GRANT INSERT ON %s TO sycee_customer', p_table);
    EXECUTE format('DROP POLICY IF EXISTS customers_update ON %s', p_table);
    IF p_update THEN
        EXECUTE format('CREATE POLICY customers_update ON %s FOR UPDATE TO sycee_customer USING (%s) WITH CHECK (%s)',
                       p_table, p_own, p_own);
        EXECUTE format('GRANT UPDATE ON %s TO sycee_customer', p_table);
    END IF;
END $$;

-- Lets customers see all rows of a table of reference data; all its columns, or those that are named.
CREATE OR REPLACE FUNCTION everyone_sees(p_table regclass, p_columns text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('GRANT SELECT %s ON %s TO sycee_customer', coalesce('(' || p_columns || ')', ''), p_table);
END $$;

REVOKE EXECUTE ON FUNCTION customers_see(regclass, text, text), customers_see_of_accounts(regclass, text),
    customers_write(regclass, text, boolean), everyone_sees(regclass, text) FROM PUBLIC;
