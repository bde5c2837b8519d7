-- Names that payments are screened against. A list that was loaded is replaced as a whole by the next loading.

CREATE TABLE screening_lists (
    list      text PRIMARY KEY CHECK (list <> ''),
    entries   integer NOT NULL,
    loaded_by text NOT NULL,
    loaded_at timestamptz NOT NULL
);

CREATE TABLE screening_names (
    list       text NOT NULL REFERENCES screening_lists,
    normalised text NOT NULL CHECK (normalised <> ''),
    name       text NOT NULL,
    PRIMARY KEY (normalised, list)
);
CREATE INDEX screening_names_list ON screening_names (list);
