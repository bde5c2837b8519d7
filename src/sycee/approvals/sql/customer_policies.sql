-- What a customer's people see: requests that are about their own house, what was said on them, their own rules
-- and substitutions. They write nothing here themselves: asking and deciding are the bank's part.

SELECT customers_see('approvals', 'customer = (SELECT acting_customer())');
SELECT customers_see('approval_votes', $own$
    EXISTS (SELECT FROM approvals AS own WHERE own.cell = approval_votes.cell AND own.id = approval_votes.approval)
$own$);
SELECT customers_see('approval_events', $own$
    EXISTS (SELECT FROM approvals AS own WHERE own.cell = approval_events.cell AND own.id = approval_events.approval)
$own$);
SELECT customers_see('approval_rules', 'customer = (SELECT acting_customer())');
SELECT customers_see('approval_substitutions', 'customer = (SELECT acting_customer())');
