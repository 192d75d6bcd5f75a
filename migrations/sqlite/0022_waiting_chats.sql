-- The chats that wait to be read are counted for every page, however many chats there are beside them.
CREATE INDEX chats_waiting ON chats (workspace_id, last_activity DESC, id DESC)
  WHERE archived = 0 AND (unread > 0 OR marked_unread = 1);
