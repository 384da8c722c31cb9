#include <stdio.h>
#include <stdlib.h>

int main(void) {
    const char *version = getenv("VERSION");
    printf("hello from %s\n", version ? version : "nowhere");
    return 0;
}
