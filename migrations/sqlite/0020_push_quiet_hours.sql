-- JSON: the hours in which a browser wants to hear nothing, and how far its clock is from UTC; NULL if there are none.
ALTER TABLE push_subscriptions ADD COLUMN quiet_hours TEXT;
