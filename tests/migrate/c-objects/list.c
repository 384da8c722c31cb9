#include "list.h"
int list(void) { return LIMIT - 10; }
