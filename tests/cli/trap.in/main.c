#include <stdio.h>
#include <stdlib.h>

/* Kept apart, so that there is something to tell. */
__attribute__((noinline)) static void give_up(int count) {
    if (count > 1) abort();
    puts("not yet");
}

int main(int argc, char **argv) {
    (void)argv;
    give_up(argc);
    give_up(argc + 1);
    return 0;
}
