-- 0008 - who may send as this sender (store_sender_find), for the maps of the socketmap socket.

CREATE INDEX lease_sender_pattern ON lease_sender (pattern, lease_id);
