-- What a customer sees of itself: who it is, who acts for it, and what they may sign. How the bank grades and
-- watches it (due diligence, risk, who recorded what and why) is the bank's alone.

SELECT customers_see('customers', 'id = (SELECT acting_customer())', 'cell, id, registered_at');
SELECT customers_see('customer_identifiers', 'customer = (SELECT acting_customer())');
SELECT customers_see('customer_versions', 'customer = (SELECT acting_customer())',
    'cell, customer, version, valid_from, name, local_name, uscc, lei, capital, capital_currency, established_on,
     industry, country, address, local_address, status, superseded_at');
SELECT customers_see('customer_contacts', 'customer = (SELECT acting_customer())');
SELECT customers_see('customer_branches', 'customer = (SELECT acting_customer())');
SELECT customers_see('mandates', 'customer = (SELECT acting_customer())');
SELECT customers_see('mandate_signatories', 'customer = (SELECT acting_customer())');

-- Of a person, the names alone: the documents of those who act for it are not a customer's to read.
SELECT customers_see('persons', $own$
    EXISTS (SELECT FROM customer_contacts AS own WHERE own.person = persons.id)
    OR EXISTS (SELECT FROM mandate_signatories AS own WHERE own.person = persons.id)
$own$, 'id, name, local_name');
