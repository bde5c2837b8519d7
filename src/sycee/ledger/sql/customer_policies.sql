-- What a customer sees of the books: its own accounts, and what moved on them.

SELECT customers_see('account_profiles', 'customer = (SELECT acting_customer())');
SELECT customers_see_of_accounts('accounts', 'number');
SELECT customers_see_of_accounts('entry_marks', 'account');

-- A transfer belongs to both ends, so a row also has what the other end's account stood at and held: columns
-- that nobody but the bank reads here. An account's entries are read through functions that show its own side.
SELECT customers_see(
    'transfers',
    own_account('transfers.debit') || ' OR ' || own_account('transfers.credit') || ' OR '
    || own_account('transfers.counterpart'),
    'position, id, debit, credit, amount, booked_at, debit_previous, credit_previous, business_date, value_date,
     cell, leg, kind, currency, counterpart, target, reference, description');
SELECT customers_see('holds', own_account('holds.debit') || ' OR ' || own_account('holds.credit'));
SELECT customers_see('reversals', 'EXISTS (SELECT FROM transfers AS own WHERE own.id = reversals.target)');

SELECT everyone_sees('cells', 'cell, name, business_date, position, batch');
SELECT everyone_sees('batches', 'cell, batch, first_position');
