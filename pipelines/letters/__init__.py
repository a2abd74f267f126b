"""Letters in three languages: an employer's missing pairs, a person's statement of payments and status.

One mechanism: the words of a language are texts/<language>.yaml, sentences in Jinja2; two templates show any letter as
text or as a page to print. Letters name people: they go to the screen or to a file of its owner alone, never to a log.
"""
