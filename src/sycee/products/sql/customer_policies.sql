-- What a customer sees of products: its agreements and what they opened, its deposits, its interest. Prices
-- that are in force are for everyone; proposals of them, and the bank's side of interest, are not.

SELECT customers_see('agreements', 'customer = (SELECT acting_customer())');
SELECT customers_see('arrangements', 'customer = (SELECT acting_customer())');
SELECT customers_see('basic_accounts', 'customer = (SELECT acting_customer())');
SELECT customers_see('arrangement_accounts', $own$
    EXISTS (SELECT FROM arrangements AS own
            WHERE own.cell = arrangement_accounts.cell AND own.id = arrangement_accounts.arrangement)
$own$);
SELECT customers_see('arrangement_conditions', $own$
    EXISTS (SELECT FROM arrangements AS own
            WHERE own.cell = arrangement_conditions.cell AND own.id = arrangement_conditions.arrangement)
$own$);
SELECT customers_see('contracts', $own$
    EXISTS (SELECT FROM agreements AS own WHERE own.cell = contracts.cell AND own.id = contracts.agreement)
$own$);
SELECT customers_see('agreement_events', $own$
    EXISTS (SELECT FROM agreements AS own
            WHERE own.cell = agreement_events.cell AND own.id = agreement_events.agreement)
$own$);

SELECT customers_see('deposits', 'customer = (SELECT acting_customer())');
SELECT customers_see('deposit_notices', $own$
    EXISTS (SELECT FROM deposits AS own WHERE own.cell = deposit_notices.cell AND own.id = deposit_notices.deposit)
$own$);
SELECT customers_see('deposit_freezes', $own$
    EXISTS (SELECT FROM deposits AS own WHERE own.cell = deposit_freezes.cell AND own.id = deposit_freezes.deposit)
$own$);
SELECT customers_see('deposit_events', $own$
    EXISTS (SELECT FROM deposits AS own WHERE own.cell = deposit_events.cell AND own.id = deposit_events.deposit)
$own$);

SELECT customers_see_of_accounts('interest_positions', 'account');
SELECT customers_see_of_accounts('interest_balances', 'account');
SELECT customers_see_of_accounts('interest_assignments', 'account');
SELECT customers_see_of_accounts('interest_forward', 'account');
SELECT customers_see_of_accounts('interest_postings', 'account');

SELECT everyone_sees('product_snapshots');
SELECT everyone_sees('rates');
SELECT everyone_sees('interest_terms');
SELECT everyone_sees('interest_pieces');
SELECT everyone_sees('interest_feeds');
