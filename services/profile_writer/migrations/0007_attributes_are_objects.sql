-- A frame that no mapper writes must not leave a row that later, good ones cannot be merged into. Rows that are there
-- need no look: NOT VALID spares the scan of them, and writes are checked all the same.
ALTER TABLE profiles.profiles ADD CONSTRAINT attributes_are_an_object
    CHECK (jsonb_typeof(attributes) = 'object') NOT VALID;
