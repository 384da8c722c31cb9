#include <stdio.h>

int main(void) {
    printf("%f\n", 1.0 / getchar());
    return 0;
}
