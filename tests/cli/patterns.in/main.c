#include <signal.h>
#include <stdio.h>
int add(int, int);
int main(void) { printf("%d %d\n", add(40, 2), SIGTERM); return 0; }
