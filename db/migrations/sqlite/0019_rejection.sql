-- 0019 - whether another case is about the same rejection, for the page of a case and for each new lease
-- (store_lease_of_rejection), without reading all cases.

-- Ids stand in < > in a bounce and bare in the log.
CREATE INDEX support_case_message ON support_case (trim(message_id, '<>'));
CREATE INDEX support_case_queue ON support_case (queue_id) WHERE queue_id IS NOT NULL;
CREATE INDEX support_case_recipient ON support_case (recipient) WHERE recipient IS NOT NULL;
