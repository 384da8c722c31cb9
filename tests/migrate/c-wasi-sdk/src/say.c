#include "say.h"

#include <math.h>
#include <stdio.h>

void say(const char *what, const char *whom) {
    printf("%s, %s (%.1f)\n", what, whom, sqrt(6.25));
}
