-- What a customer may see of receipts: those of its own accounts, their papers, and when those were printed.

SELECT customers_see_of_accounts('receipts', 'account');
SELECT customers_see('receipt_papers', 'EXISTS (SELECT FROM receipts AS own
    WHERE own.cell = receipt_papers.cell AND own.number = receipt_papers.number)');
SELECT customers_see('receipt_prints', 'EXISTS (SELECT FROM receipts AS own
    WHERE own.cell = receipt_prints.cell AND own.number = receipt_prints.number)');
