#include <stdio.h>
#include "größe/mit leer.h"
int main(void) { printf("%d\n", size()); }
