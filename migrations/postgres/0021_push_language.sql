-- The language that a browser is told news in, as its pages have it; NULL for English.
ALTER TABLE push_subscriptions ADD COLUMN language TEXT;
