"""Why a person has a status, and what a line of a file touched: facts first, then the same facts in three languages.

`facts.py` asks the month's own queries about one person, `advice.py` tries what would change the answer, `touched.py`
goes the way back from a line; `text.py` renders. Nothing here computes a status in a second way.
"""
