#include "say.h"

int main(int count, char **words) {
    for (int n = 0; n < TIMES; n++) {
        say(GREETING, count > 1 ? words[1] : "nobody");
    }
    return 0;
}
