void say(const char *what, const char *whom);
