"""Decision records: which change needs one, which record answers it, writing the next one."""
