/* Says what it was given, and does what its first argument says. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int count, char **words) {
    const char *deed = count > 1 ? words[1] : "";
    for (int n = 0; n < count; n++) printf("argument %s\n", words[n]);
    printf("KEY is %s\n", getenv("KEY") ? getenv("KEY") : "not set");
    fputs("to stderr\n", stderr);
    fflush(stdout);
    if (!strcmp(deed, "exit")) return atoi(words[2]);
    if (!strcmp(deed, "spin")) for (volatile unsigned n = 0;; n++) {}
    if (!strcmp(deed, "copy")) for (int c; (c = getchar()) != EOF;) putchar(c);
    return 0;
}
