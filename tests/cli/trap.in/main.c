#include <stdio.h>
#include <stdlib.h>

/* Kept apart, so that there is something to tell. */
__attribute__((noinline)) static void give_up(int count) {
    if (count > 1) abort();
    puts("not yet");
}

__attribute__((noinline)) static int third(const int *numbers) {
    return numbers[2];
}

int main(int argc, char **argv) {
    if (argc > 1)
        return third((int *)(argv[1][0] * 0x1000000));
    give_up(argc);
    give_up(argc + 1);
    return 0;
}
