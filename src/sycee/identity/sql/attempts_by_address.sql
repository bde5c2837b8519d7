-- Failures to sign in are counted for each address, and for all together (*), so that guesses made elsewhere lock
-- nobody out. What was counted until now is forgotten: it lasts for an hour at most.

DELETE FROM login_attempts;
ALTER TABLE login_attempts ADD COLUMN address text NOT NULL;
ALTER TABLE login_attempts DROP CONSTRAINT login_attempts_pkey, ADD PRIMARY KEY (login, address);
COMMENT ON COLUMN login_attempts.address IS 'an IPv4 address, an IPv6 network, or * for everywhere';
