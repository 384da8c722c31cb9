#include "one.h"
int main(void) { return 0; }
