#include <stdio.h>

int main(int count, char **words) {
    printf("%s, %s\n", WHAT, count > 1 ? words[1] : "nobody");
    return 0;
}
