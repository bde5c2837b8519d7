"""The wire format of the HTTP API: what JSON goes in and comes out, one module per noun."""
