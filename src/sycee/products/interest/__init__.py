"""Interest: rates, terms, what accounts earn day by day, its settlement, correction and explanation."""
