-- What a customer sees of the ends of days: the documents that were drawn up for it, and its fees.

SELECT customers_see_of_accounts('day_documents', 'account');
SELECT customers_see_of_accounts('day_document_parts', 'account');
SELECT customers_see_of_accounts('day_fees', 'account');
