"""The operations of the API, a module per noun: parse, call a domain, render."""
