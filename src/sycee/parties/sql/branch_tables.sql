-- Which branch of the bank keeps the relation with a customer.

CREATE TABLE customer_branches (
    cell     smallint NOT NULL,
    customer uuid NOT NULL,
    branch   text NOT NULL CHECK (branch ~ '^[A-Z0-9][A-Z0-9.-]{0,31}$'),
    PRIMARY KEY (cell, customer),
    FOREIGN KEY (cell, customer) REFERENCES customers (cell, id)
);
CREATE INDEX customer_branches_customer ON customer_branches (customer);
