"""What a table is and what the law says: identifiers, code lists, dated rules, Pandera schemas. Imports nothing of ours."""
