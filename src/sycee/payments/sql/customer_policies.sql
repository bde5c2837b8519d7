-- What a customer sees of payments: the files that pay from its accounts, and what its accounts are called.

SELECT customers_see('payment_files', 'customer = (SELECT acting_customer())');
SELECT customers_see('payment_instructions', $own$
    EXISTS (SELECT FROM payment_files AS own
            WHERE own.cell = payment_instructions.cell AND own.id = payment_instructions.file)
$own$);
SELECT customers_see('account_aliases', $own$
    EXISTS (SELECT FROM account_profiles AS own
            WHERE own.cell = account_aliases.account / 1000000000000000 AND own.number = account_aliases.account)
$own$);
