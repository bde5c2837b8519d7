-- What a customer sees of payments: the files that pay from its accounts, and what its accounts are called.

SELECT customers_see('payment_files', 'customer = (SELECT acting_customer())');
SELECT customers_see('payment_instructions', $own$
    EXISTS (SELECT FROM payment_files AS own
            WHERE own.cell = payment_instructions.cell AND own.id = payment_instructions.file)
$own$);
SELECT customers_see('account_aliases', own_account('account_aliases.account'));
