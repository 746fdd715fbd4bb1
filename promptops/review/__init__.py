"""What a change does, for somebody who has to decide on it: `promptops diff`.

Rules, tokens, money, the cacheable prefix, tests, decisions and evidence of every prompt that differs
between two states of a repository.
"""
