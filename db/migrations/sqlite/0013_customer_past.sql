-- 0013 - a customer's earlier cases, for the page of a case.

CREATE INDEX support_case_mailbox ON support_case (mailbox, id, created_at);
