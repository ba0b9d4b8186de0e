-- 0019 - what the pages of a case and Today ask, and each new lease, without reading all cases or all leases.

-- Whether another case is about the same rejection (store_lease_of_rejection). Ids stand in < > in a bounce and bare in
-- the log.
CREATE INDEX support_case_message ON support_case (trim(message_id, '<>'));
CREATE INDEX support_case_queue ON support_case (queue_id) WHERE queue_id IS NOT NULL;
CREATE INDEX support_case_recipient ON support_case (recipient) WHERE recipient IS NOT NULL;

-- Which leases end soon (store_lease_ending).
CREATE INDEX lease_ending ON lease (expires_at) WHERE end_how = 0;
