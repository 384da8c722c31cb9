int list(void) { return LIMIT - 10; }
