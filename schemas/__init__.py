"""What a table is and what the law says: identifiers, codes, dated rules, schemas. Imports nothing of ours."""
